package io.github.httplongcut.system.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A run of {@code ./longcut} that has ended.
 *
 * @param out standard output
 * @param err standard error
 * @param took time from the start of the launcher to the end
 */
public record ToolRun(String command, int exitCode, String out, String err, Duration took) {

  /** Longer than any tool takes, and than a build of its jar. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Runs {@code ./longcut} to its end, without the {@code LONGCUT_} variables of this JVM.
   *
   * @param environment variables to set
   */
  public static ToolRun of(Map<String, String> environment, List<String> arguments) {
    Path folder = TemporaryFolder.create(Path.of("target"), "tool-");
    Path out = folder.resolve("out.log");
    Path err = folder.resolve("err.log");
    List<String> command = new ArrayList<>(List.of(Checkout.file("longcut").toString()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LONGCUT_"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // RabbitMQ may run in a container, which does not have the address 127.0.0.1.
    builder.environment().put("LONGCUT_AMQP_PLAIN_TEXT", "allowed");
    builder.environment().putAll(environment);
    try {
      long start = System.nanoTime();
      Process process = builder.start();
      process.getOutputStream().close();
      boolean ended = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      if (!ended) {
        process.destroyForcibly();
        throw new AssertionError(
            String.join(" ", arguments) + " did not end within " + PATIENCE.toSeconds() + " s");
      }
      return new ToolRun(
          String.join(" ", arguments),
          process.exitValue(),
          Files.readString(out),
          Files.readString(err),
          took);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Standard output as JSON: exactly one object. */
  public JsonNode json() {
    try {
      return JSON.readTree(out);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + this, e);
    }
  }

  @Override
  public String toString() {
    return "./longcut %s ended with exit code %d after %d ms\n%s\n%s"
        .formatted(command, exitCode, took.toMillis(), out, err);
  }
}
