package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes the archive: a zip file that only its owner may read. */
final class Archive {

  private Archive() {}

  /**
   * Writes the parts that are not missing. Never overwrites a file, and leaves none behind if it
   * fails: the file gets its name when it is complete.
   *
   * @return size of the file in bytes
   */
  static long write(Path file, Collection<Part> parts) {
    try {
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      Path unfinished = Files.createTempFile(directory(file), "longcut-diag-", ".unfinished");
      try {
        writeZip(unfinished, parts);
        Files.move(unfinished, file);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailedException(file + " exists; give another file with --out", e);
    } catch (IOException e) {
      throw new CommandFailedException("cannot write " + file + ": " + e.getMessage(), e);
    }
    return sizeOf(file);
  }

  private static Path directory(Path file) {
    return file.toAbsolutePath().getParent();
  }

  /** Writes into a file that {@link Files#createTempFile} has made readable for its owner only. */
  private static void writeZip(Path file, Collection<Part> parts) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file), UTF_8)) {
      for (Part part : parts) {
        if (part.state() != Part.State.MISSING) {
          zip.putNextEntry(new ZipEntry(part.name()));
          zip.write(part.text().getBytes(UTF_8));
          zip.closeEntry();
        }
      }
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new CommandFailedException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
