/**
 * {@code longcut tap}: makes the events visible while they pass, with RabbitMQ's own tracing (the
 * "firehose"), so that no process of the relay takes part. It shows an event as the JSON that it
 * is, also one that the processes could not read, and so must not decode it as they do.
 */
package io.github.httplongcut.cli.tap;
