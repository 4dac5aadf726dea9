package io.github.httplongcut.system.rabbitmq;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds files of the repository by path. */
public final class Checkout {

  private Checkout() {}

  /**
   * Finds a file by its path from the root of the checkout. The root is the system property {@code
   * longcut.root}, which the build sets, or else the parent of the working directory, since an IDE
   * runs tests in the module's directory.
   *
   * @throws IllegalStateException if the file does not exist or is not readable
   */
  public static Path file(String path) {
    Path file =
        Path.of(System.getProperty("longcut.root", ".."))
            .resolve(path)
            .toAbsolutePath()
            .normalize();
    if (!Files.isReadable(file)) {
      throw new IllegalStateException(
          "cannot read " + file + ": is -Dlongcut.root set to the root of the checkout?");
    }
    return file;
  }
}
