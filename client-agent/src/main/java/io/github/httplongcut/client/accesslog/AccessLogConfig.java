package io.github.httplongcut.client.accesslog;

import io.github.httplongcut.config.Settings;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Settings of the access log. {@code reference.conf} documents them.
 *
 * @param file empty for standard output
 * @param maxSize bytes of a file after which it is rotated
 * @param maxFiles number of rotated files that are kept
 * @param query rule for the query of the URL
 * @param fields rule for {@code Referer} and {@code User-Agent}
 */
public record AccessLogConfig(
    Format format,
    Optional<Path> file,
    long maxSize,
    int maxFiles,
    Visibility query,
    Visibility fields) {

  /** Most rotated files that Logback keeps: it renames each of them at every rotation. */
  private static final int MOST_FILES = 20;

  /** Form of the lines. */
  public enum Format {
    /** There is no access log. */
    OFF,
    /** Combined log format of Apache and nginx, and fields of our own. */
    COMBINED,
    /** One JSON object for each line. */
    JSON
  }

  /** Rule for text of callers that may hold secrets. */
  public enum Visibility {
    HIDDEN,
    LOGGED
  }

  /** Reads and checks the settings of the section {@code access-log}. */
  public static AccessLogConfig read(Settings section) {
    return new AccessLogConfig(
        section.oneOf("format", Format.class),
        section.optional(
            "file",
            () ->
                section.parsed(
                    "file",
                    "the path of a file, without % and \\",
                    AccessLogConfig::file,
                    Path.of(""))),
        section.bytes("max-size"),
        section.count("max-files", MOST_FILES, "each is renamed at every rotation"),
        section.oneOf("query", Visibility.class),
        section.oneOf("fields", Visibility.class));
  }

  /** Logback gives a meaning to the two characters in the names of rotated files. */
  private static Path file(String text) {
    if (text.indexOf('%') >= 0 || text.indexOf('\\') >= 0) {
      throw new IllegalArgumentException();
    }
    return Path.of(text);
  }
}
