package io.github.httplongcut.protocol;

/** What an upstream agent says of itself and one target in a heartbeat (protocol section 2). */
public enum AgentState {
  /** Takes requests. */
  READY("ready"),
  /** Every slot of the target is in use. */
  FULL("full"),
  /** Finishes what runs and takes nothing more. */
  DRAINING("draining"),
  /** Stops now, or no longer offers the target (its health check fails). */
  GONE("gone");

  private final String wireName;

  AgentState(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  /**
   * Reads the wire form.
   *
   * @throws IllegalArgumentException if there is no such state
   */
  public static AgentState ofName(String wireName) {
    for (AgentState state : values()) {
      if (state.wireName.equals(wireName)) {
        return state;
      }
    }
    throw new IllegalArgumentException("'" + wireName + "' is no agent state");
  }
}
