/**
 * {@code longcut bench}: measures the relay from outside, as separate processes on a real RabbitMQ,
 * beside what the machine can do without it. Must not call a role's code but the protocol and AMQP
 * names of {@code common}.
 */
package io.github.httplongcut.bench;
