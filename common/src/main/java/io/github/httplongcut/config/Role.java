package io.github.httplongcut.config;

import java.util.Locale;

/** The three processes of the relay. */
public enum Role {
  CLIENT_AGENT,
  BROKER,
  UPSTREAM_AGENT;

  /** Its section under {@code longcut}, and its command: {@code client-agent}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The full path of one of its settings: {@code longcut.client-agent.port}. */
  public String path(String setting) {
    return Settings.ROOT + '.' + key() + '.' + setting;
  }
}
