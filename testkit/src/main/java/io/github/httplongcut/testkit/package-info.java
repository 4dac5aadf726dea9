/**
 * Processes for the system tests and the benchmarks: child processes, processes of the relay,
 * RabbitMQ nodes and nginx, each in a directory of its own. Uses nothing of the project but its
 * files.
 */
package io.github.httplongcut.testkit;
