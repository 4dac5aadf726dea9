package io.github.httplongcut.config;

import java.security.Security;

/** The JVM's cache of DNS answers. */
public final class NameLookups {

  private static final String SECONDS_FOR_ANSWERS = "5";
  private static final String SECONDS_FOR_FAILURES = "1";

  private NameLookups() {}

  /**
   * Has the JVM look a name up again soon: servers move, and a container's name exists a moment
   * after its process wants it. To be called before anything else, since the JVM reads the settings
   * at its first lookup, and only then.
   */
  public static void keepBriefly() {
    Security.setProperty("networkaddress.cache.ttl", SECONDS_FOR_ANSWERS);
    Security.setProperty("networkaddress.cache.negative.ttl", SECONDS_FOR_FAILURES);
  }
}
