/**
 * The implementation of {@code session} on the AMQP client: a process's two connections, publishing
 * and consuming (docs/protocol.md sections 4 and 7). No other package of a role uses the AMQP
 * client. This package must not import a role's package.
 */
package io.github.httplongcut.amqp;
