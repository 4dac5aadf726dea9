/** Grants and joining, with the real commands and a real RabbitMQ. */
package io.github.httplongcut.system.join;
