/** Tests of the AMQP session of {@code common} on a real RabbitMQ, without the relay's roles. */
package io.github.httplongcut.system.session;
