/**
 * The whole relay: client agents, brokers and upstream agents as processes of their own, on a real
 * RabbitMQ.
 */
package io.github.httplongcut.system.relay;
