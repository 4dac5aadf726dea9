/**
 * The real RabbitMQ that the system tests run on, with the project's definitions and demo users,
 * and the tests of both. Knows nothing of the relay's processes.
 */
package io.github.httplongcut.system.rabbitmq;
