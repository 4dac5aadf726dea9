/**
 * Start and end of a process: the command line, the signals, and the process's life from its start
 * to its end.
 *
 * <p>Must not import the AMQP client, Undertow, or anything of a role.
 */
package io.github.httplongcut.process;
