package io.github.httplongcut.system.relay;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends GET and POST in turn at a steady rate, each with its own path. Half of the paths are slow
 * ones.
 */
final class SteadyLoad implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(20);

  private final Relay relay;
  private final RoleProcess clientAgent;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Map<String, CompletableFuture<HttpResponse<String>>> sent = new LinkedHashMap<>();

  private SteadyLoad(Relay relay, RoleProcess clientAgent) {
    this.relay = relay;
    this.clientAgent = clientAgent;
  }

  static SteadyLoad start(Relay relay, RoleProcess clientAgent) {
    SteadyLoad load = new SteadyLoad(relay, clientAgent);
    var unused =
        load.clock.scheduleAtFixedRate(load::send, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    return load;
  }

  private synchronized void send() {
    int number = sent.size();
    String path = (number % 4 < 2 ? "/slow/" : "/quick/") + number;
    if (number % 2 == 0) {
      sent.put("GET " + path, relay.getLater(clientAgent, path));
    } else {
      sent.put("POST " + path, relay.postLater(clientAgent, path, "x"));
    }
  }

  /** Number of requests answered so far. */
  synchronized long answered() {
    return sent.values().stream().filter(CompletableFuture::isDone).count();
  }

  /** Stops sending; returns method and path of all requests, such as {@code GET /slow/4}. */
  List<String> end() {
    close();
    return new ArrayList<>(sent.keySet());
  }

  /** Waits for all responses; returns the requests that failed, each with its response or error. */
  List<String> failures() throws InterruptedException {
    List<String> failures = new ArrayList<>();
    for (Map.Entry<String, CompletableFuture<HttpResponse<String>>> each : sent.entrySet()) {
      try {
        HttpResponse<String> response =
            each.getValue().get(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (response.statusCode() != 200 || !response.body().startsWith(each.getKey())) {
          failures.add(each.getKey() + ": " + response.statusCode() + " " + response.body());
        }
      } catch (ExecutionException | TimeoutException e) {
        failures.add(each.getKey() + ": " + e);
      }
    }
    return failures;
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
