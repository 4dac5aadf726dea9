package io.github.httplongcut.client.core;

/**
 * The core's view of the sender of an HTTP request, who waits for the answer. A type outside the
 * core has the methods that answer it.
 */
public interface Caller {}
