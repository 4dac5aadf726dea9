package io.github.httplongcut.testkit;

import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout of the project that contains this code. */
public final class Checkout {

  private Checkout() {}

  /**
   * Returns the root of the checkout: the system property {@code longcut.root}, which the build and
   * the launcher set, or else the parent of the working directory, since an IDE runs tests in the
   * module's directory.
   */
  public static Path root() {
    return Path.of(System.getProperty("longcut.root", "..")).toAbsolutePath().normalize();
  }

  /**
   * Finds a file by its path from the root.
   *
   * @throws TestkitException if the file does not exist or is not readable
   */
  public static Path file(String path) {
    Path file = root().resolve(path).normalize();
    if (!Files.isReadable(file)) {
      throw new TestkitException(
          "cannot read " + file + ": is -Dlongcut.root set to the root of the checkout?");
    }
    return file;
  }
}
