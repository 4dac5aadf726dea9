/**
 * Access log: one line for each request that has ended, written by a thread of its own. The only
 * package of the processes that writes with Logback's appenders directly.
 *
 * <p>Must not import AMQP, Undertow, or the rest of the client agent.
 */
package io.github.httplongcut.client.accesslog;
