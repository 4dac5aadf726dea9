package io.github.httplongcut.cli.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Access log of a client agent, of any size: JSON lines or the combined format, also compressed
 * with gzip. Lines of another form are skipped.
 */
final class AccessLogFile {

  /** Longest line that is read, in bytes; the client agent writes no longer ones. */
  private static final int MAX_LINE = 1 << 16;

  /** Number of different requests from which on a prefix is hopeless. */
  private static final int ENOUGH = 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  AccessLogFile(Path file) {
    this.file = file;
  }

  /**
   * Returns the entries with an id that begins with {@code prefix}: the {@code client_req_id}, or
   * the id of a later publication. Stops after ten.
   */
  List<LogEntry> find(String prefix) {
    List<LogEntry> found = new ArrayList<>();
    try (InputStream in = open()) {
      Optional<String> line = nextLine(in);
      while (line.isPresent() && found.size() < ENOUGH) {
        if (line.get().contains(prefix)) {
          entry(line.get())
              .filter(entry -> entry.ids().stream().anyMatch(id -> id.startsWith(prefix)))
              .ifPresent(found::add);
        }
        line = nextLine(in);
      }
      return found;
    } catch (IOException e) {
      throw CommandFailedException.usage(
          "--log: cannot read " + file + ": " + e.getClass().getSimpleName() + "; check the file");
    }
  }

  private InputStream open() throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    return file.toString().endsWith(".gz") ? new BufferedInputStream(new GZIPInputStream(in)) : in;
  }

  /** Reads a line, cut if it is too long; empty at the end of the file. */
  private static Optional<String> nextLine(InputStream in) throws IOException {
    byte[] line = new byte[256];
    int length = 0;
    int next = in.read();
    if (next < 0) {
      return Optional.empty();
    }
    while (next >= 0 && next != '\n') {
      if (length < MAX_LINE) {
        if (length == line.length) {
          line = Arrays.copyOf(line, length * 2);
        }
        line[length++] = (byte) next;
      }
      next = in.read();
    }
    return Optional.of(new String(line, 0, length, StandardCharsets.UTF_8));
  }

  private static Optional<LogEntry> entry(String line) {
    if (!line.startsWith("{")) {
      return LogEntry.ofCombined(line.strip());
    }
    try {
      JsonNode json = JSON.readTree(line);
      return json.isObject() ? Optional.of(LogEntry.of(json)) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
