/**
 * The real RabbitMQ that the system tests run on, with the project's definitions, and the tests of
 * those definitions. Knows nothing of the relay's processes.
 */
package io.github.httplongcut.system.rabbitmq;
