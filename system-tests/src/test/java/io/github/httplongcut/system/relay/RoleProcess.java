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

/** A role that runs in a JVM of its own, to be killed, frozen and asked. */
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

  /** Starts it; its output goes to {@code log}. */
  static RoleProcess start(String name, List<String> command, Path log) {
    try {
      Files.createDirectories(log.getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      // A container's RabbitMQ may have another address than this machine's.
      builder.environment().put("LONGCUT_AMQP_DEMO_PASSWORDS", "allowed");
      return new RoleProcess(name, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port that a log line {@code event=<event> … port=N} names, as soon as it is there. */
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

  /** What {@code --id} named it: part of its id, of its log's and its connections' names. */
  public String name() {
    return name;
  }

  /** The operating system's. */
  public long pid() {
    return process.pid();
  }

  /** All that it has written so far. */
  public String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until {@code /readyz} says 200. */
  public RoleProcess awaitReady() {
    int port = port("admin_listening");
    await("readiness of " + name)
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> status(port, "/readyz") == 200);
    return this;
  }

  /** Whether {@code /readyz} says 200 now. */
  public boolean isReady() {
    return status(port("admin_listening"), "/readyz") == 200;
  }

  /** What {@code /metrics} says now. */
  public String metrics() {
    return get(port("admin_listening"), "/metrics").body();
  }

  /** The sum of a meter over all its tags, by its name in {@code /metrics}. */
  public double metric(String name) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Bytes of its heap that are in use once the garbage is gone. */
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

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM; returns the exit code. */
  public int stop() {
    terminate();
    return awaitExitCode();
  }

  /** SIGTERM, without waiting for what comes of it: it drains. A second one ends it at once. */
  public void terminate() {
    signal("TERM");
  }

  /** Waits for its end. */
  public int awaitExitCode() {
    awaitEnd();
    return process.exitValue();
  }

  /** SIGSTOP. */
  public void freeze() {
    signal("STOP");
  }

  /** SIGCONT. */
  public void thaw() {
    signal("CONT");
  }

  /** Whether it has not ended. */
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

  /** Ends it for sure, also when it is frozen. */
  @Override
  public void close() {
    kill();
  }
}
