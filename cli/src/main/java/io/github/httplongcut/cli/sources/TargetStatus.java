package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.databind.JsonNode;

/** Target in a broker's page {@code /api/status}. */
public final class TargetStatus {

  private TargetStatus() {}

  /**
   * Returns whether no upstream agent has offered the target since the broker remembers it. Every
   * caller can put such a target into the list, by a request for a name that does not exist.
   */
  public static boolean hasNeverHadAgent(JsonNode target) {
    return target.path("state").asText().equals("no_agent")
        && target.path("reason").asText().contains("has seen none");
  }
}
