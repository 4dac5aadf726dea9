/**
 * Settings: their sources, and the strict reading of single values.
 *
 * <p>This package defines no setting but {@code longcut.id}: each config record reads and checks
 * its own. Must not import the AMQP client, Undertow, {@code process}, or anything of a role.
 */
package io.github.httplongcut.config;
