/**
 * Start and end of a process: the sources of its settings, their checks, the command line and the
 * signals.
 *
 * <p>This package defines no setting but {@code longcut.id}: each config record reads and checks
 * its own. Must not import the AMQP client, Undertow, or anything of a role.
 */
package io.github.httplongcut.config;
