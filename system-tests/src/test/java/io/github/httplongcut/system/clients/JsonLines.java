package io.github.httplongcut.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A child process that reads requests as lines of JSON from standard input and answers each with
 * one line. The process ends when its input ends, so it never outlives this JVM.
 */
final class JsonLines implements AutoCloseable {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int END_SECONDS = 10;

  private final Process process;
  private final Path log;
  private final BufferedWriter requests;
  private final BufferedReader responses;

  private JsonLines(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.responses = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts the process. Its standard error goes to {@code log}. */
  static JsonLines start(List<String> command, Path log) {
    try {
      Files.createDirectories(log.getParent());
      return new JsonLines(new ProcessBuilder(command).redirectError(log.toFile()).start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Sends a request line and waits for the answer.
   *
   * @throws IllegalStateException if the answer is an {@code error}, or the process has ended
   */
  JsonNode call(JsonNode request) {
    try {
      requests.write(MAPPER.writeValueAsString(request));
      requests.newLine();
      requests.flush();
      JsonNode answer = MAPPER.readTree(firstLine());
      if (answer.has("error")) {
        throw new IllegalStateException(answer.get("error").asText());
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(output(), e);
    }
  }

  /** Reads the next line: before any request, the one that the process prints at its start. */
  String firstLine() {
    try {
      String line = responses.readLine();
      if (line == null) {
        throw new IllegalStateException("the process has ended; its error output: " + output());
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      requests.close();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
