package io.github.httplongcut.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.SecretFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * File with the token of the admin port, {@code admin.token-file}. Read again when it changes: the
 * new token then holds, and the old one does not. While the file is missing or invalid, the last
 * valid token holds. Thread-safe.
 */
public final class TokenFile {

  /** Public token of {@code docker-compose.yml}. */
  static final String DEMO_TOKEN = "public-token-of-the-demo";

  private static final Logger log = LoggerFactory.getLogger(TokenFile.class);

  private static final int MAX_CHARS = 1024;
  private static final Pattern FORM = Pattern.compile("[!-~]{16," + MAX_CHARS + "}");
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Properties of a file, at least one of which a change changes. A new file has a new key. */
  private record Version(FileTime modified, long size, Optional<Object> key) {}

  private final Path file;
  private final boolean allowsDemo;

  @GuardedBy("this")
  private AdminToken token;

  /** Version that was read last, valid or not; empty if there was no file. */
  @GuardedBy("this")
  private Optional<Version> version;

  @GuardedBy("this")
  private long checkedNanos = System.nanoTime();

  private TokenFile(Path file, Optional<Version> version, String token) {
    this.file = file;
    this.version = version;
    this.allowsDemo = token.equals(DEMO_TOKEN);
    this.token = new AdminToken(token);
  }

  /**
   * Reads the file.
   *
   * @throws IOException if it cannot be read or holds no token
   */
  static TokenFile open(Path file) throws IOException {
    Optional<Version> version = versionOf(file); // first, so that a change while reading counts
    TokenFile opened = new TokenFile(file, version, read(file).value());
    opened.warnOfOtherReaders();
    return opened;
  }

  /**
   * Returns the token of a file.
   *
   * @throws IOException if it cannot be read or holds no token; the message says what a token is,
   *     without the content
   */
  public static Secret read(Path file) throws IOException {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(MAX_CHARS + 3); // with a line break, and one byte too many
    }
    String text = new String(content, StandardCharsets.ISO_8859_1).stripTrailing();
    if (!FORM.matcher(text).matches()) {
      throw new IOException(
          file
              + " holds no token: expected one line of 16 to 1024 printable ASCII characters"
              + " without spaces, as openssl rand -hex 32 makes it");
    }
    return new Secret(text);
  }

  /** Returns the reason why a process must not start with this file; empty if there is none. */
  static Optional<String> problem(Path file, boolean allowsDemo) {
    try {
      return problem(read(file), allowsDemo);
    } catch (IOException e) {
      return Optional.of("cannot be used: " + e.getMessage());
    }
  }

  private static Optional<String> problem(Secret token, boolean allowsDemo) {
    return token.value().equals(DEMO_TOKEN) && !allowsDemo
        ? Optional.of(
            "holds the demo's token, which is public: make one with openssl rand -hex 32, or set"
                + " longcut.amqp.demo-passwords = allowed (LONGCUT_AMQP_DEMO_PASSWORDS) for a"
                + " trial")
        : Optional.empty();
  }

  /** Returns the token that holds now. Looks at the file at most once a second. */
  synchronized AdminToken token() {
    long now = System.nanoTime();
    if (now - checkedNanos >= CHECK_NANOS) {
      checkedNanos = now;
      Optional<Version> found = versionOf(file);
      if (!found.equals(version)) {
        version = found;
        readAgain();
      }
    }
    return token;
  }

  @GuardedBy("this")
  private void readAgain() {
    try {
      Secret content = read(file);
      Optional<String> problem = problem(content, allowsDemo);
      if (problem.isPresent()) {
        throw new IOException(file + " " + problem.get());
      }
      AdminToken found = new AdminToken(content.value());
      if (!found.isSameAs(token)) {
        token = found;
        log.info("event=admin_token_changed file={}", file);
      }
      warnOfOtherReaders();
    } catch (IOException e) {
      log.warn("event=admin_token_kept why=\"{}\"", reason(e));
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.toString();
  }

  private void warnOfOtherReaders() {
    if (!allowsDemo && new SecretFile(file).isReadableByOthers()) {
      log.warn("event=admin_token_readable_by_others file={} remedy=\"chmod 600\"", file);
    }
  }

  private static Optional<Version> versionOf(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new Version(
              attributes.lastModifiedTime(),
              attributes.size(),
              Optional.ofNullable(attributes.fileKey())));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
