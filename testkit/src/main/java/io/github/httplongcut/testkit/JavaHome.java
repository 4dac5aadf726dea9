package io.github.httplongcut.testkit;

import java.nio.file.Path;

/** The installation of the Java that runs this JVM. */
public final class JavaHome {

  private JavaHome() {}

  /** Returns the path of a program, such as {@code java}. */
  public static String program(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }
}
