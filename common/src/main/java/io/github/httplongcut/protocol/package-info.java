/**
 * The events that the processes exchange and their form on the wire: docs/protocol.md sections 1,
 * 2, 5 and 7.
 *
 * <p>Must not import the AMQP client, Undertow, or anything of a role. {@link
 * io.github.httplongcut.protocol.EventCodec} and what it is made of are the only users of Jackson.
 */
package io.github.httplongcut.protocol;
