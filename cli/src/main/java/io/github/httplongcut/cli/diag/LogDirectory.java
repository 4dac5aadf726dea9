package io.github.httplongcut.cli.diag;

import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.cli.sources.Reasons;
import io.github.httplongcut.cli.sources.TextEnd;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Parts of the archive from the log files of a directory. */
final class LogDirectory {

  /** Maximum number of files; those that were written last are taken. */
  static final int MAX_FILES = 50;

  private static final String DIRECTORY = "logs/";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_@ -][A-Za-z0-9_.@ -]{0,100}");

  /** Names that access logs usually have. */
  private static final Pattern ACCESS_LOG = Pattern.compile(".*access.*", Pattern.CASE_INSENSITIVE);

  private final Optional<Path> accessLog;
  private final Redaction redaction;
  private final List<Part> parts = new ArrayList<>();

  private LogDirectory(Optional<Path> accessLog, Redaction redaction) {
    this.accessLog = accessLog;
    this.redaction = redaction;
  }

  /**
   * Returns a part for each file {@code *.log}. One that cannot be read is missing, and so is each
   * access log: it has the addresses of the callers, and their queries if those are logged.
   *
   * @param accessLog the access log of the settings file
   */
  static List<Part> parts(Path directory, Optional<Path> accessLog, Redaction redaction) {
    LogDirectory logs = new LogDirectory(accessLog, redaction);
    try {
      logs.addAll(newestFirst(directory));
    } catch (IOException e) {
      logs.addMissing("", "cannot read the directory " + directory + ": " + Reasons.of(e));
    }
    return List.copyOf(logs.parts);
  }

  private static List<Path> newestFirst(Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.log")) {
      found.forEach(files::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return files.stream()
        .map(file -> new Dated(file, timeOf(file)))
        .sorted(Comparator.comparing(Dated::time).reversed().thenComparing(Dated::file))
        .map(Dated::file)
        .toList();
  }

  private record Dated(Path file, FileTime time) {}

  private static FileTime timeOf(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private void addAll(List<Path> newestFirst) {
    newestFirst.stream().limit(MAX_FILES).forEach(this::add);
    int more = newestFirst.size() - MAX_FILES;
    if (more > 0) {
      addMissing("", "without %d older files: at most %d are taken".formatted(more, MAX_FILES));
    }
  }

  private void add(Path file) {
    String name = file.getFileName().toString();
    if (!NAME.matcher(name).matches()) {
      addMissing("", "without a file with an odd name: " + PlainText.of(name));
    } else if (isAccessLog(file)) {
      addMissing(name, "left out: an access log has the addresses of the callers, and queries");
    } else if (!Files.isRegularFile(file)) {
      addMissing(name, "not a file"); // opening a pipe would wait for its writer
    } else {
      try {
        TextEnd end = LogFile.end(file);
        parts.add(
            Part.ofEnd(DIRECTORY + name, new TextEnd(redaction.of(end.text()), end.omitted())));
      } catch (IOException e) {
        addMissing(name, "cannot read " + file + ": " + Reasons.of(e));
      }
    }
  }

  private boolean isAccessLog(Path file) {
    return ACCESS_LOG.matcher(file.getFileName().toString()).matches()
        || accessLog.filter(access -> isSame(access, file)).isPresent();
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      return false; // one of them does not exist
    }
  }

  private void addMissing(String name, String why) {
    parts.add(Part.missing(DIRECTORY + name, redaction.of(why)));
  }
}
