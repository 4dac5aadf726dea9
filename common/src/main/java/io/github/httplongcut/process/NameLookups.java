package io.github.httplongcut.process;

import java.security.Security;

/** Configures the JVM's DNS cache. */
public final class NameLookups {

  private static final String SECONDS_FOR_SUCCESSES = "5";
  private static final String SECONDS_FOR_FAILURES = "1";

  private NameLookups() {}

  /**
   * Shortens the time for which the JVM caches DNS results: servers move, and a container's name
   * may not resolve until a moment after its process starts. Call this first: the JVM reads these
   * properties once, at its first lookup.
   */
  public static void keepBriefly() {
    Security.setProperty("networkaddress.cache.ttl", SECONDS_FOR_SUCCESSES);
    Security.setProperty("networkaddress.cache.negative.ttl", SECONDS_FOR_FAILURES);
  }
}
