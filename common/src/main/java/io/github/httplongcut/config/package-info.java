/**
 * How a process gets its settings and lives with them: where they come from, how they are checked,
 * the command line, the signals.
 *
 * <p>Knows no setting of its own but {@code longcut.id}: each record reads and checks its own. Must
 * not import the AMQP client, Undertow, or anything of a role.
 */
package io.github.httplongcut.config;
