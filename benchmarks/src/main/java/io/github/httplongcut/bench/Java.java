package io.github.httplongcut.bench;

import java.nio.file.Path;
import java.util.List;

/** How to start a Java process with this one's Java and class path. */
final class Java {

  private Java() {}

  /** A command that runs this main class; its arguments come after it. */
  static List<String> command(String mainClass) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        mainClass);
  }
}
