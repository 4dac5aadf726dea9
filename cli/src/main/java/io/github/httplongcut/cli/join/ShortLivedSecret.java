package io.github.httplongcut.cli.join;

import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * File with a password, or directory of such files, that exists during a command only. It is
 * deleted on {@link #close}, and at the end of the JVM, as on Ctrl-C.
 */
final class ShortLivedSecret implements AutoCloseable {

  private final Path path;
  private final Thread atExit;

  private ShortLivedSecret(Path path) {
    this.path = path;
    this.atExit = new Thread(this::deleteQuietly, "delete-secret");
  }

  /**
   * Takes over a file or directory that the caller has created. Call it before the password is
   * written.
   */
  static ShortLivedSecret of(Path path) {
    ShortLivedSecret secret = new ShortLivedSecret(path);
    Runtime.getRuntime().addShutdownHook(secret.atExit);
    return secret;
  }

  Path path() {
    return path;
  }

  /** Returns the thread that the JVM starts at its end. */
  Thread atExit() {
    return atExit;
  }

  /**
   * Deletes it, unless it was moved or deleted.
   *
   * @throws CommandFailedException if that is not possible
   */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // The JVM ends, and the thread deletes it.
    }
    try {
      delete();
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot delete %s, which contains a password: %s; delete it"
              .formatted(path, e.getMessage()),
          e);
    }
  }

  private void deleteQuietly() {
    try {
      delete();
    } catch (IOException e) {
      System.err.println(
          "longcut: cannot delete " + path + ", which contains a password; delete it");
    }
  }

  private void delete() throws IOException {
    if (Files.isDirectory(path)) {
      try (Stream<Path> files = Files.list(path)) {
        for (Path each : files.toList()) {
          Files.deleteIfExists(each);
        }
      }
    }
    Files.deleteIfExists(path);
  }
}
