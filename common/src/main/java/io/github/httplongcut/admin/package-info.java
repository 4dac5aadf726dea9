/**
 * HTTP pages for operators: {@code /healthz}, {@code /readyz}, {@code /metrics} and others, streams
 * of events and actions. A role may add pages of its own. Other addresses than loopback need a
 * token for all but the first two.
 *
 * <p>Must not import the AMQP client, or anything of a role.
 */
package io.github.httplongcut.admin;
