/**
 * Tests of the whole relay: client agents, brokers and upstream agents as separate processes on a
 * real RabbitMQ.
 */
package io.github.httplongcut.system.relay;
