package io.github.httplongcut.system.clients;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.NginxProcess;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The installed nginx as a private process in a directory of its own; the system's nginx service is
 * not touched. It serves {@code resources/clients/site} and some generated files.
 */
final class Nginx implements AutoCloseable {

  /** The largest response body that the relay accepts by default, in bytes. */
  static final int MEBIBYTE = 1024 * 1024;

  private final Path prefix;
  private final NginxProcess process;

  Nginx(Path parent) {
    prefix = TemporaryFolder.create(parent, "nginx-");
    String template;
    try {
      Path site = Files.createDirectories(prefix.resolve("site"));
      Files.createDirectories(prefix.resolve("temp"));
      Files.writeString(prefix.resolve("users"), "ada:{PLAIN}böse Passphrase\nbob:{PLAIN}secret\n");
      copy(Checkout.file("system-tests/src/test/resources/clients/site"), site);
      Files.write(site.resolve("mebibyte.bin"), randomBytes(MEBIBYTE));
      Files.write(site.resolve("empty.txt"), new byte[0]);
      Files.writeString(site.resolve("long.txt"), "Größe, 尺寸, 🙂.\n".repeat(5_000));
      Files.writeString(site.resolve("a b+ü.txt"), "a name with everything\n");
      // ETag and Last-Modified depend on the modification time: make it the same in every run.
      try (Stream<Path> files = Files.walk(site)) {
        for (Path file : files.toList()) {
          Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2024-02-29T12:00:00Z")));
        }
      }
      template =
          Files.readString(Checkout.file("system-tests/src/test/resources/clients/nginx.conf"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    process =
        NginxProcess.start(
            List.of(ExternalTool.NGINX.path()),
            prefix,
            port -> template.replace("@PORT@", Integer.toString(port)));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  private static byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    new Random(42).nextBytes(bytes);
    return bytes;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + process.port());
  }

  /** The content that nginx serves under {@code path}. */
  byte[] file(String path) {
    try {
      return Files.readAllBytes(prefix.resolve("site").resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
