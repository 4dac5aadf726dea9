/**
 * The session with RabbitMQ as a role sees it: publications and their outcomes, deliveries, and the
 * queues that the role consumes (docs/protocol.md sections 3, 4 and 7). Roles depend on this
 * package, and {@code amqp} implements it. This package must not import the AMQP client, {@code
 * amqp} or a role's package.
 */
package io.github.httplongcut.session;
