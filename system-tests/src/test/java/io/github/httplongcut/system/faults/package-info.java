/**
 * Fault tests: the whole relay under load while its processes, RabbitMQ or the network fail, with
 * an audit of every request (docs/reliability.md).
 */
package io.github.httplongcut.system.faults;
