/**
 * HTTP fields and the rules for relaying them. Must not import Undertow, the HTTP client or
 * anything of AMQP.
 */
package io.github.httplongcut.http;
