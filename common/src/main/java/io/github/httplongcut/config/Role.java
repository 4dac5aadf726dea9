package io.github.httplongcut.config;

import java.util.Locale;

/** Kind of a relay process. */
public enum Role {
  CLIENT_AGENT,
  BROKER,
  UPSTREAM_AGENT;

  /**
   * Returns the name of the role's section under {@code longcut}, and of its command: {@code
   * client-agent}.
   */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns the full path of a setting of the role: {@code longcut.client-agent.port}. */
  public String path(String setting) {
    return Settings.ROOT + '.' + key() + '.' + setting;
  }
}
