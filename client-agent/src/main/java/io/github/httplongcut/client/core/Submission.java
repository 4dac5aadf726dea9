package io.github.httplongcut.client.core;

import io.github.httplongcut.protocol.Request;
import java.util.UUID;

/**
 * Request as the HTTP side submits it.
 *
 * @param firstId identifies the request to the caller and in every log; also the {@code
 *     client_req_id} of its first publication
 * @param deadline {@code nanoTime} at which the request times out
 */
public record Submission(UUID firstId, Request request, Caller caller, long deadline) {}
