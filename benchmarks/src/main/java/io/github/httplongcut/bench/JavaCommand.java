package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.JavaHome;
import java.util.List;

/** Command lines for Java processes that use this process's JVM and class path. */
final class JavaCommand {

  private JavaCommand() {}

  /** Returns a command that runs a main class. The caller appends the arguments. */
  static List<String> of(String mainClass) {
    return List.of(
        JavaHome.program("java"), "-cp", System.getProperty("java.class.path"), mainClass);
  }
}
