package io.github.httplongcut.system.relay;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process of the relay in a JVM of its own, which tests can kill, freeze and query. */
public final class RoleProcess implements AutoCloseable {

  private static final Duration START = Duration.ofSeconds(60);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final String name;
  private final Process process;
  private final Path log;
  private final Map<String, Integer> ports = new ConcurrentHashMap<>();

  private RoleProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts the process. Its output goes to {@code log}. */
  static RoleProcess start(String name, List<String> command, Path log) {
    try {
      Files.createDirectories(log.getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      // The demo passwords are otherwise refused for a RabbitMQ in a container, which may have a
      // non-loopback address.
      builder.environment().put("LONGCUT_AMQP_DEMO_PASSWORDS", "allowed");
      return new RoleProcess(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for a log line {@code event=<event> … port=N} and returns its port. */
  public int port(String event) {
    return ports.computeIfAbsent(event, this::awaitPort);
  }

  private int awaitPort(String event) {
    Pattern line = Pattern.compile("event=" + event + "\\b.*\\bport=(\\d+)");
    await("port of " + name)
        .atMost(START)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> find(line).isPresent());
    return find(line).orElseThrow();
  }

  private OptionalInt find(Pattern line) {
    if (!process.isAlive()) {
      throw new IllegalStateException(name + " has ended:\n" + output());
    }
    Matcher matcher = line.matcher(output());
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /**
   * The value of {@code --id}: part of the process id, and of the names of its log and connections.
   */
  public String name() {
    return name;
  }

  /** The process id of the operating system. */
  public long pid() {
    return process.pid();
  }

  /** The output so far. */
  public String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until {@code /readyz} returns 200. */
  public RoleProcess awaitReady() {
    int port = port("admin_listening");
    await("readiness of " + name)
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> status(port, "/readyz") == 200);
    return this;
  }

  /** Returns whether {@code /readyz} returns 200. */
  public boolean isReady() {
    return status(port("admin_listening"), "/readyz") == 200;
  }

  /** The current content of {@code /metrics}. */
  public String metrics() {
    return get(port("admin_listening"), "/metrics").body();
  }

  /** The sum of a metric over all its labels, by its name in {@code /metrics}. */
  public double metric(String name) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Bytes of heap in use after a garbage collection. */
  double heapAfterGc() {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    run(List.of(jcmd, Long.toString(process.pid()), "GC.run"));
    return metrics()
        .lines()
        .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static int status(int port, String path) {
    return get(port, path).statusCode();
  }

  private static HttpResponse<String> get(int port, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sends SIGKILL and waits until the process has ended. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Sends SIGTERM and waits until the process has ended; returns the exit code. */
  public int stop() {
    terminate();
    return awaitExitCode();
  }

  /**
   * Sends SIGTERM without waiting: the process drains. A second SIGTERM ends the process at once.
   */
  public void terminate() {
    signal("TERM");
  }

  /** Waits until the process has ended; returns the exit code. */
  public int awaitExitCode() {
    awaitEnd();
    return process.exitValue();
  }

  /** Sends SIGSTOP. */
  public void freeze() {
    signal("STOP");
  }

  /** Sends SIGCONT. */
  public void thaw() {
    signal("CONT");
  }

  /** Returns whether the process has not ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  private void signal(String signal) {
    run(List.of("kill", "-" + signal, Long.toString(process.pid())));
  }

  private static void run(List<String> command) {
    try {
      int result =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (result != 0) {
        throw new IllegalStateException(command + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not end:\n" + output());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Kills the process, even if it is frozen. */
  @Override
  public void close() {
    kill();
  }
}
