/**
 * {@code longcut status}: asks the brokers and RabbitMQ at the same time, merges their views, and
 * shows them on one screen or as JSON.
 */
package io.github.httplongcut.cli.status;
