package io.github.httplongcut.system.join;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Sends GET requests at a steady rate, and keeps the time and the status of each. */
final class TimedLoad implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient http = HttpClient.newHttpClient();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final List<Sent> sent = new ArrayList<>();
  private final URI url;

  /**
   * A request.
   *
   * @param at time of sending, {@link System#nanoTime}
   */
  record Sent(long at, CompletableFuture<HttpResponse<String>> response) {

    /** Status and error code: {@code 403 target_forbidden}; waits for them. */
    String outcome() {
      return response
          .thenApply(
              each ->
                  (each.statusCode() + " " + each.headers().firstValue("Longcut-Error").orElse(""))
                      .strip())
          .exceptionally(String::valueOf)
          .join();
    }
  }

  private TimedLoad(URI url) {
    this.url = url;
  }

  static TimedLoad start(int port, String path, int perSecond) {
    TimedLoad load = new TimedLoad(URI.create("http://127.0.0.1:" + port + path));
    var unused =
        load.clock.scheduleAtFixedRate(load::send, 0, 1_000_000 / perSecond, TimeUnit.MICROSECONDS);
    return load;
  }

  private synchronized void send() {
    HttpRequest request = HttpRequest.newBuilder(url).timeout(PATIENCE).build();
    sent.add(
        new Sent(System.nanoTime(), http.sendAsync(request, HttpResponse.BodyHandlers.ofString())));
  }

  /** Number of requests that are answered. */
  synchronized long answered() {
    return sent.stream().filter(each -> each.response.isDone()).count();
  }

  /** Stops sending, and returns all requests. */
  List<Sent> end() {
    close();
    synchronized (this) {
      return List.copyOf(sent);
    }
  }

  @Override
  public void close() {
    clock.shutdown();
    try {
      if (!clock.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the load does not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
