package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * Upstream agent for one of its targets, merged from the views of all brokers.
 *
 * @param name the agent's id
 * @param lastHeardMs time since the last heartbeat at the broker that heard it last
 * @param seenBy the ids of the brokers that know the agent
 */
record UpstreamAgentRow(
    @JsonProperty("id") String name,
    String target,
    String state,
    String standing,
    long capacity,
    long inFlight,
    long free,
    long lastHeardMs,
    String version,
    List<String> seenBy,
    Health health,
    String why)
    implements StatusRow {}
