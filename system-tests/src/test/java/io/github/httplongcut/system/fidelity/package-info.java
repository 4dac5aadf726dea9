/**
 * HTTP compared byte by byte: what an upstream server and a caller see of each other directly, and
 * through the whole relay on a real RabbitMQ. Must not use an HTTP library: both sides are sockets.
 */
package io.github.httplongcut.system.fidelity;
