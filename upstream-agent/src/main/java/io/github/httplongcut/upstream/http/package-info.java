/**
 * HTTP to the upstream servers: the client, its calls and connections, and the settings of the
 * targets. This package uses no other package of the upstream agent and nothing of AMQP.
 */
package io.github.httplongcut.upstream.http;
