/**
 * {@code longcut tap}: shows the events that pass through RabbitMQ. Uses RabbitMQ's tracing (the
 * "firehose"), so that no process of the relay is involved. Shows the JSON of an event, even of one
 * that the processes would discard as malformed, so this package must not use their decoder.
 */
package io.github.httplongcut.cli.tap;
