package io.github.httplongcut.protocol;

/** Kind of process that has reported an error (protocol section 2, {@code error.hop}). */
public enum Hop {
  CLIENT_AGENT("client_agent"),
  BROKER("broker"),
  UPSTREAM_AGENT("upstream_agent");

  private final String wireName;

  Hop(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  /**
   * Returns the hop of a wire name.
   *
   * @throws IllegalArgumentException if there is no such hop
   */
  public static Hop ofName(String wireName) {
    for (Hop hop : values()) {
      if (hop.wireName.equals(wireName)) {
        return hop;
      }
    }
    throw new IllegalArgumentException("'" + wireName + "' is not a hop");
  }
}
