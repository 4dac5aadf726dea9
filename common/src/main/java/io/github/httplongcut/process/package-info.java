/**
 * Start and end of a process: the command line, the signals, and the parts that every process has
 * around its role.
 *
 * <p>Must not import the AMQP client, Undertow, or anything of a role.
 */
package io.github.httplongcut.process;
