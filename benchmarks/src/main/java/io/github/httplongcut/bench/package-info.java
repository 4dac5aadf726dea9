/**
 * {@code longcut bench}: measures the relay from outside, as separate processes with a real
 * RabbitMQ, and measures the machine without the relay for comparison. This package must not use
 * the code of a role; of {@code common} only the protocol and the AMQP names.
 */
package io.github.httplongcut.bench;
