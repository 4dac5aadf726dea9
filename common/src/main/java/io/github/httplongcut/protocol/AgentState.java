package io.github.httplongcut.protocol;

/** State of an upstream agent for one target, in its heartbeat (protocol section 2). */
public enum AgentState {
  /** Takes requests. */
  READY("ready"),
  /** Every slot of the target is in use. */
  FULL("full"),
  /** Finishes its running requests and takes no new ones. */
  DRAINING("draining"),
  /** Stops now, or no longer offers the target because its health check fails. */
  GONE("gone");

  private final String wireName;

  AgentState(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  /**
   * Returns the state of a wire name.
   *
   * @throws IllegalArgumentException if there is no such state
   */
  public static AgentState ofName(String wireName) {
    for (AgentState state : values()) {
      if (state.wireName.equals(wireName)) {
        return state;
      }
    }
    throw new IllegalArgumentException("'" + wireName + "' is not an agent state");
  }
}
