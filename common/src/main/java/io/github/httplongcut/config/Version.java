package io.github.httplongcut.config;

/** Which release this is. */
public final class Version {

  private Version() {}

  /** The version of the jar, or {@code development} where there is none. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
