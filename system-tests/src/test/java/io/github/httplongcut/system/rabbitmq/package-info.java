/**
 * The real RabbitMQ of the system tests, with the project's definitions and demo users, and tests
 * of these files. Does not depend on the relay's processes.
 */
package io.github.httplongcut.system.rabbitmq;
