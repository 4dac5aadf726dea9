/**
 * {@code longcut bench}: measures the relay from outside, as separate processes with a real
 * RabbitMQ, and measures the machine without the relay for comparison. This package must not use
 * the code of a role, and uses only the protocol and the AMQP names of {@code common}.
 */
package io.github.httplongcut.bench;
