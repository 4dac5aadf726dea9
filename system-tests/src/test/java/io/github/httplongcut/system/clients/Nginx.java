package io.github.httplongcut.system.clients;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The installed nginx as a private process in a directory of its own; the system's nginx service is
 * not touched. It serves {@code resources/clients/site} and some generated files.
 */
final class Nginx implements AutoCloseable {

  /** The largest response body that the relay accepts by default, in bytes. */
  static final int MEBIBYTE = 1024 * 1024;

  private static final int ATTEMPTS = 5;
  private static final Duration START = Duration.ofSeconds(20);
  private static final int END_SECONDS = 10;

  private final Path prefix;
  private final Process process;
  private final int port;

  Nginx(Path parent) {
    try {
      prefix =
          Files.createTempDirectory(Files.createDirectories(parent), "nginx-").toAbsolutePath();
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
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int attempt = 1;
    while (true) {
      int free = freePort();
      Process started = start(free);
      if (answers(started, free)) {
        process = started;
        port = free;
        return;
      }
      started.destroyForcibly();
      // Another process may have taken the port since freePort().
      if (attempt++ == ATTEMPTS) {
        throw new IllegalStateException("nginx does not start: " + log());
      }
    }
  }

  private Process start(int free) {
    try {
      Path conf = prefix.resolve("nginx.conf");
      String template =
          Files.readString(Checkout.file("system-tests/src/test/resources/clients/nginx.conf"));
      Files.writeString(conf, template.replace("@PORT@", Integer.toString(free)));
      List<String> command =
          List.of(
              ExternalTool.NGINX.path(),
              "-p",
              prefix.toString(),
              "-c",
              conf.toString(),
              "-e",
              "stderr");
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(prefix.resolve("log").toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean answers(Process process, int port) {
    try {
      Awaitility.await()
          .atMost(START)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !process.isAlive() || isOpen(port));
      return process.isAlive();
    } catch (ConditionTimeoutException e) {
      return false;
    }
  }

  private static boolean isOpen(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    return URI.create("http://127.0.0.1:" + port);
  }

  /** The content that nginx serves under {@code path}. */
  byte[] file(String path) {
    try {
      return Files.readAllBytes(prefix.resolve("site").resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String log() {
    try {
      return Files.readString(prefix.resolve("log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
