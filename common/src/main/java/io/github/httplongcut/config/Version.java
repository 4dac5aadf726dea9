package io.github.httplongcut.config;

/** Version of this release. */
public final class Version {

  private Version() {}

  /**
   * Returns the version of the jar, or {@code development} if the classes are not in a jar with a
   * version.
   */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
