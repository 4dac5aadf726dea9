package io.github.httplongcut.bench;

import java.nio.file.Path;
import java.util.List;

/** Command lines for Java processes that use this process's JVM and class path. */
final class JavaCommand {

  private JavaCommand() {}

  /** Returns a command that runs a main class. The caller appends the arguments. */
  static List<String> of(String mainClass) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        mainClass);
  }
}
