/**
 * Byte-by-byte comparison of HTTP messages between a caller and an upstream server, directly and
 * through the whole relay on a real RabbitMQ. Both sides use plain sockets and must not use an HTTP
 * library.
 */
package io.github.httplongcut.system.fidelity;
