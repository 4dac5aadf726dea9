/**
 * TLS contexts from PEM files, for connections to RabbitMQ and to upstream servers. Must not import
 * the clients of either.
 */
package io.github.httplongcut.tls;
