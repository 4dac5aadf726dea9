package io.github.httplongcut.cli.grant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.output.JsonOutput;

/**
 * RabbitMQ's limits of a user.
 *
 * @param connections maximum number of connections; negative for no limit
 * @param channels maximum number of channels; negative for no limit
 */
record UserLimits(int connections, int channels) {

  /** No limit. */
  static final int NONE = -1;

  static final String MAX_CONNECTIONS = "max-connections";
  static final String MAX_CHANNELS = "max-channels";

  /** Reads the limits of a user of the management API. */
  static UserLimits of(JsonNode limits) {
    return new UserLimits(
        limits.path(MAX_CONNECTIONS).asInt(NONE), limits.path(MAX_CHANNELS).asInt(NONE));
  }

  /** Returns the limits as in definitions, which omit a limit that there is not. */
  ObjectNode json() {
    ObjectNode json = JsonOutput.object();
    if (connections >= 0) {
      json.put(MAX_CONNECTIONS, connections);
    }
    if (channels >= 0) {
      json.put(MAX_CHANNELS, channels);
    }
    return json;
  }
}
