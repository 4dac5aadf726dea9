package io.github.httplongcut.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * A process of the relay: one role in a JVM of its own. Reads the ports from the log of the
 * process, and its state from its admin pages.
 *
 * <p>Thread-safe. A failure is a {@link TestkitException}.
 */
public class RelayProcess implements AutoCloseable {

  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
  private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(10);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final ChildProcess child;
  private final Map<String, Integer> ports = new ConcurrentHashMap<>();

  /**
   * A process that has been started.
   *
   * @param child a process with the options of {@link #options}
   */
  public RelayProcess(ChildProcess child) {
    this.child = child;
  }

  /**
   * Returns the command-line options that every process needs: its id, RabbitMQ, and a free port
   * for the admin pages.
   *
   * @param id part of the process id, and of the names of its connections
   */
  public static List<String> options(String id, URI amqp) {
    return List.of("--id", id, "--admin-port", "0", "--amqp", amqp.toString());
  }

  /** Returns the process id of the operating system. */
  public final long pid() {
    return child.pid();
  }

  /** Waits for a log line {@code event=<event> … port=N} and returns its port. */
  public final int port(String event) {
    return ports.computeIfAbsent(event, this::awaitPort);
  }

  private int awaitPort(String event) {
    Pattern line = Pattern.compile("event=" + event + "\\b.*\\bport=(\\d+)");
    return Integer.parseInt(child.awaitOutput(line, START_TIMEOUT).group(1));
  }

  private int adminPort() {
    return port("admin_listening");
  }

  /** Waits until {@code /readyz} returns 200. */
  public RelayProcess awaitReady() {
    adminPort();
    return child.await(
        "/readyz", START_TIMEOUT, () -> isUpAndReady() ? Optional.of(this) : Optional.empty());
  }

  /** Returns whether {@code /readyz} returns 200; false if the process has ended. */
  private boolean isUpAndReady() {
    try {
      return isReady();
    } catch (TestkitException e) {
      return false;
    }
  }

  /** Returns whether {@code /readyz} returns 200. */
  public final boolean isReady() {
    return get("/readyz").statusCode() == 200;
  }

  /** Returns the current content of {@code /metrics}. */
  public final String metrics() {
    return get("/metrics").body();
  }

  /** Returns the sum of a metric over all its labels, by its name in {@code /metrics}. */
  public final double metric(String name) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private HttpResponse<String> get(String path) {
    URI page = URI.create("http://127.0.0.1:" + adminPort() + path);
    HttpRequest request = HttpRequest.newBuilder(page).timeout(HTTP_TIMEOUT).build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new TestkitException("no response to GET " + page + " of " + child.name(), e);
    } catch (InterruptedException e) {
      throw TestkitException.interrupted(e);
    }
  }

  /** Stops the process with SIGTERM, and with SIGKILL after a timeout. */
  @Override
  public void close() {
    child.close();
  }
}
