package io.github.httplongcut.cli.join;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * File that only its owner may read, replaced in one step. The new content waits in a file beside
 * it until {@link #commit}.
 */
public final class PrivateFile implements AutoCloseable {

  private final Path file;
  private final Path staged;

  private PrivateFile(Path file, Path staged) {
    this.file = file;
    this.staged = staged;
  }

  /**
   * Writes the content to the disk, beside the file.
   *
   * @throws CommandFailedException if the directory does not exist or cannot be written to
   */
  public static PrivateFile stage(Path file, String content) {
    Path target = file.toAbsolutePath();
    Path staged = null;
    try {
      staged =
          Files.createTempFile(
              target.getParent(),
              "." + target.getFileName() + '.',
              ".new",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try (FileChannel channel = FileChannel.open(staged, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      return new PrivateFile(target, staged);
    } catch (IOException e) {
      PrivateFile unfinished = new PrivateFile(target, staged == null ? target : staged);
      if (staged != null) {
        unfinished.close();
      }
      throw unfinished.failure(e);
    }
  }

  /** Writes a file in one step. */
  public static void write(Path file, String content) {
    try (PrivateFile staged = stage(file, content)) {
      staged.commit();
    }
  }

  /** Replaces the file. */
  public void commit() {
    try {
      Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private CommandFailedException failure(IOException e) {
    return new CommandFailedException(
        "cannot write %s: %s; check that its directory exists and that you may write to it"
            .formatted(file, e),
        e);
  }

  /** Deletes the new content unless it was committed. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(staged);
    } catch (IOException e) {
      throw failure(e);
    }
  }
}
