package io.github.httplongcut.system.relay;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * An upstream server that records each request and answers with one line: {@code POST /path?query
 * body}. The prefix of the path delays the response:
 *
 * <ul>
 *   <li>{@code /hold}: until {@link #release},
 *   <li>{@code /second}: for {@link #SECOND},
 *   <li>{@code /slow}: for {@link #SLOW},
 *   <li>{@code /brief}: for {@link #BRIEF}.
 * </ul>
 */
public final class TestUpstream implements AutoCloseable {

  static final Duration SLOW = Duration.ofMillis(300);
  static final Duration BRIEF = Duration.ofMillis(50);
  static final Duration SECOND = Duration.ofSeconds(1);

  private final HttpServer server;
  private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<String> runs = new CopyOnWriteArrayList<>();
  private final CountDownLatch released = new CountDownLatch(1);

  /** Starts the server on a free port. */
  public TestUpstream() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Method and URL of each request so far. */
  public List<String> runs() {
    return runs;
  }

  /** Answers all held requests. */
  void release() {
    released.countDown();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    runs.add(line);
    if (exchange.getRequestURI().getPath().startsWith("/hold")) {
      awaitRelease();
    }
    byte[] answer = (line + (body.isEmpty() ? "" : " " + body)).getBytes(StandardCharsets.UTF_8);
    Duration delay = delay(exchange.getRequestURI().getPath());
    if (delay.isZero()) {
      send(exchange, answer);
    } else {
      var unused = // the caller notices a failure
          later.schedule(() -> send(exchange, answer), delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static Duration delay(String path) {
    if (path.startsWith("/second")) {
      return SECOND;
    }
    return path.startsWith("/slow") ? SLOW : path.startsWith("/brief") ? BRIEF : Duration.ZERO;
  }

  private static void send(HttpExchange exchange, byte[] answer) {
    try (exchange) {
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the caller has closed the connection
    }
  }

  private void awaitRelease() {
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    release();
    server.stop(0);
    threads.shutdownNow();
    later.shutdownNow();
  }
}
