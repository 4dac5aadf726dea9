/** The AMQP session of {@code common} on a real RabbitMQ, without any role around it. */
package io.github.httplongcut.system.session;
