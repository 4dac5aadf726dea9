package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;

/**
 * Client agent, as this broker sees it.
 *
 * @param version its release, as it claims; empty if it is unknown
 * @param lastRequestAt the time of its last request, as {@code nanoTime}
 * @param requests requests since this broker knows it
 * @param recent requests in the window of a rate
 */
public record ClientStatus(
    ProcessId id, String version, long lastRequestAt, long requests, int recent) {}
