/** TLS contexts from PEM files, for RabbitMQ and for upstream servers. Must not import either. */
package io.github.httplongcut.tls;
