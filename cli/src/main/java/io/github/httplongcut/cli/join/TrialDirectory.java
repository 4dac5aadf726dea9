package io.github.httplongcut.cli.join;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Directory for files with a password that exist during the checks only. */
final class TrialDirectory implements AutoCloseable {

  private final ShortLivedSecret directory;

  private TrialDirectory(ShortLivedSecret directory) {
    this.directory = directory;
  }

  /** Creates a directory that only its owner may enter. */
  static TrialDirectory create(Path parent, String name) throws IOException {
    return new TrialDirectory(
        ShortLivedSecret.of(Files.createTempDirectory(parent, "." + name + ".")));
  }

  Path path() {
    return directory.path();
  }

  /** Returns the thread that the JVM starts at its end. */
  Thread atExit() {
    return directory.atExit();
  }

  @Override
  public void close() {
    directory.close();
  }
}
