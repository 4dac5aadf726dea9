/**
 * Export of a process's meters to an OpenTelemetry collector (OTLP over HTTP), if the settings name
 * one.
 *
 * <p>Must not import the AMQP client, Undertow, or anything of a role.
 */
package io.github.httplongcut.otlp;
