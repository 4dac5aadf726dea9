package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes the archive: a zip file that only its owner may read. */
final class Archive {

  private Archive() {}

  /**
   * Writes the parts that are not missing. Never overwrites a file.
   *
   * @return size of the file in bytes
   */
  static long write(Path file, Collection<Part> parts) {
    try (ZipOutputStream zip =
        new ZipOutputStream(
            Channels.newOutputStream(
                Files.newByteChannel(
                    file,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    ownerOnly(file))),
            UTF_8)) {
      for (Part part : parts) {
        if (part.state() != Part.State.MISSING) {
          zip.putNextEntry(new ZipEntry(part.name()));
          zip.write(part.text().getBytes(UTF_8));
          zip.closeEntry();
        }
      }
    } catch (FileAlreadyExistsException e) {
      throw new CommandFailedException(file + " exists; give another file with --out", e);
    } catch (IOException e) {
      throw new CommandFailedException("cannot write " + file + ": " + e.getMessage(), e);
    }
    return sizeOf(file);
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    boolean isPosix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    return isPosix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static long sizeOf(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new CommandFailedException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
