package io.github.httplongcut.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders for the files of one run. They stay, so that a person can read the logs in them. */
public final class TemporaryFolder {

  private TemporaryFolder() {}

  /**
   * Creates a folder with a new name, and its parent if that is missing.
   *
   * @return the absolute path
   */
  public static Path create(Path parent, String prefix) {
    try {
      return Files.createTempDirectory(Files.createDirectories(parent), prefix).toAbsolutePath();
    } catch (IOException e) {
      throw new TestkitException("cannot create a folder in " + parent, e);
    }
  }
}
