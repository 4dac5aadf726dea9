package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Client agent, merged from the views of all brokers.
 *
 * @param name the agent's id
 * @param state {@code active} if a request came in the last minute, else {@code idle}
 * @param lastRequestMs time since the last request at the broker that got it
 * @param requests the number of requests that all brokers got
 */
record ClientAgentRow(
    @JsonProperty("id") String name,
    String state,
    long lastRequestMs,
    long requests,
    Health health,
    String why)
    implements StatusRow {}
