package io.github.httplongcut.system.rabbitmq;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the project beside the Java modules. */
public final class Checkout {

  private Checkout() {}

  /**
   * A file by its path from the checkout's root: the system property {@code longcut.root}, which
   * the build sets, or the parent of the module's directory, where an IDE starts tests.
   */
  public static Path file(String path) {
    Path file =
        Path.of(System.getProperty("longcut.root", ".."))
            .resolve(path)
            .toAbsolutePath()
            .normalize();
    if (!Files.isReadable(file)) {
      throw new IllegalStateException("there is no " + file + ": is longcut.root set?");
    }
    return file;
  }
}
