package io.github.httplongcut.protocol;

/** The process that an error comes from (protocol section 2, {@code error.hop}). */
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
   * Reads the wire form.
   *
   * @throws IllegalArgumentException if there is no such hop
   */
  public static Hop ofName(String wireName) {
    for (Hop hop : values()) {
      if (hop.wireName.equals(wireName)) {
        return hop;
      }
    }
    throw new IllegalArgumentException("'" + wireName + "' is no hop");
  }
}
