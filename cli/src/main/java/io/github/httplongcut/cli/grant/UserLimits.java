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

  static final String MAX_CONNECTIONS = "max-connections";
  static final String MAX_CHANNELS = "max-channels";

  /** Reads the limits of a user of the management API. */
  static UserLimits of(JsonNode limits) {
    return new UserLimits(
        limits.path(MAX_CONNECTIONS).asInt(-1), limits.path(MAX_CHANNELS).asInt(-1));
  }

  /** Returns the limits as in definitions. */
  ObjectNode json() {
    return JsonOutput.object().put(MAX_CONNECTIONS, connections).put(MAX_CHANNELS, channels);
  }
}
