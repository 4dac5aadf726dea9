/**
 * RabbitMQ: the names of what is in it, the two connections of a process, what it publishes and
 * what it is delivered (docs/protocol.md sections 3, 4 and 7). The only package that uses the AMQP
 * client; must not import anything of a role.
 */
package io.github.httplongcut.amqp;
