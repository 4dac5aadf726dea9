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
 * it until {@link #commit}. Without a commit it is deleted on {@link #close}, and at the end of the
 * JVM.
 */
public final class PrivateFile implements AutoCloseable {

  private final Path file;
  private final ShortLivedSecret staged;

  private PrivateFile(Path file, ShortLivedSecret staged) {
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
    try {
      PrivateFile created = new PrivateFile(target, ShortLivedSecret.of(created(target)));
      try {
        created.fill(content);
      } catch (IOException e) {
        created.close();
        throw e;
      }
      return created;
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  private static Path created(Path target) throws IOException {
    return Files.createTempFile(
        target.getParent(),
        "." + target.getFileName() + '.',
        ".new",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private void fill(String content) throws IOException {
    try (FileChannel channel = FileChannel.open(staged.path(), StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
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
      Files.move(
          staged.path(), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  private static CommandFailedException failure(Path file, IOException e) {
    return new CommandFailedException(
        "cannot write %s: %s; check that its directory exists and that you may write to it"
            .formatted(file, e),
        e);
  }

  /** Returns the thread that the JVM starts at its end. */
  Thread atExit() {
    return staged.atExit();
  }

  /** Deletes the new content unless it was committed. */
  @Override
  public void close() {
    staged.close();
  }
}
