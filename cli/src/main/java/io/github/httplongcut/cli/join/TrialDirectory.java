package io.github.httplongcut.cli.join;

import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Directory for files with a password that exist during the checks only. They are deleted on {@link
 * #close}, and at the end of the JVM, as on Ctrl-C.
 */
final class TrialDirectory implements AutoCloseable {

  private final Path directory;
  private final Thread atExit;

  private TrialDirectory(Path directory) {
    this.directory = directory;
    this.atExit = new Thread(this::deleteQuietly, "delete-trial");
  }

  /** Creates a directory that only its owner may enter. */
  static TrialDirectory create(Path parent, String name) throws IOException {
    TrialDirectory created =
        new TrialDirectory(Files.createTempDirectory(parent, "." + name + "."));
    Runtime.getRuntime().addShutdownHook(created.atExit);
    return created;
  }

  Path path() {
    return directory;
  }

  /** Returns the thread that the JVM starts at its end. */
  Thread atExit() {
    return atExit;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // The JVM ends, and the thread deletes the directory.
    }
    try {
      delete();
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot delete %s, which contains a password: %s; delete it"
              .formatted(directory, e.getMessage()),
          e);
    }
  }

  private void deleteQuietly() {
    try {
      delete();
    } catch (IOException e) {
      System.err.println(
          "longcut: cannot delete " + directory + ", which contains a password; delete it");
    }
  }

  private void delete() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path each : files.toList()) {
        Files.deleteIfExists(each);
      }
    }
    Files.deleteIfExists(directory);
  }
}
