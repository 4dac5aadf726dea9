/**
 * Events that the processes exchange, and their wire format: docs/protocol.md sections 1, 2, 5 and
 * 7.
 *
 * <p>Must not import the AMQP client, Undertow, or anything of a role. Only {@link
 * io.github.httplongcut.protocol.EventCodec} and its package-private helpers use Jackson.
 */
package io.github.httplongcut.protocol;
