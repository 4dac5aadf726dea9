package io.github.httplongcut.system.tenants;

import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.relay.RoleProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Callers of an honest company. They send GET and POST in turn at a steady rate, each with its own
 * path.
 */
final class Neighbour implements AutoCloseable {

  /** Number of requests for one {@link NeighbourReport}. */
  static final int REQUESTS = 500;

  /** Maximum time for a response while a tenant attacks. */
  static final Duration IN_TIME = Duration.ofSeconds(3);

  /**
   * Half of what two processors can do: on a busy machine, delays would say nothing about attacks.
   */
  private static final int PER_SECOND = 150;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern DETAIL = Pattern.compile("\"detail\":\"([^\"]*)\"");

  /**
   * A request that has ended.
   *
   * @param line method and path
   * @param outcome the status and the relay's error code, if any; or the exception
   * @param right true if the response has status 200 and the right body
   */
  private record Ended(String line, String outcome, boolean right, Duration took) {

    boolean isInTime() {
      return right && took.compareTo(IN_TIME) <= 0;
    }
  }

  /** Latencies and failures of {@link #REQUESTS} requests. */
  record NeighbourReport(Duration half, Duration p99, Duration max, List<String> failures) {

    private static NeighbourReport of(List<Ended> all) {
      List<Duration> sorted = all.stream().map(Ended::took).sorted().toList();
      Map<String, Integer> late = new TreeMap<>();
      for (Ended each : all) {
        if (!each.isInTime()) {
          String reason = each.right ? "200 after more than " + IN_TIME.toSeconds() + " s" : "";
          late.merge(each.right ? reason : each.outcome, 1, Integer::sum);
        }
      }
      List<String> failures = new ArrayList<>();
      late.forEach(
          (reason, times) -> failures.add(times + " of the neighbour's requests got " + reason));
      return new NeighbourReport(
          sorted.get(sorted.size() / 2),
          sorted.get(sorted.size() * 99 / 100),
          sorted.get(sorted.size() - 1),
          failures);
    }

    /** The latencies in milliseconds. */
    @Override
    public String toString() {
      return "p50=%d p99=%d max=%d ms".formatted(half.toMillis(), p99.toMillis(), max.toMillis());
    }
  }

  private final HttpClient http = HttpClient.newHttpClient();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final URI clientAgent;
  private final AtomicInteger sent = new AtomicInteger();
  private final Queue<Ended> ended = new ConcurrentLinkedQueue<>();

  private Neighbour(RoleProcess clientAgent) {
    this.clientAgent = URI.create("http://127.0.0.1:" + clientAgent.port("http_listening"));
  }

  /** Starts to send requests through a client agent. */
  static Neighbour start(RoleProcess clientAgent) {
    Neighbour neighbour = new Neighbour(clientAgent);
    long period = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    // Not at a fixed rate: all overdue requests would be sent at once after a pause.
    var unused =
        neighbour.clock.scheduleWithFixedDelay(
            neighbour::send, period, period, TimeUnit.NANOSECONDS);
    return neighbour;
  }

  private void send() {
    int number = sent.get();
    if (number == REQUESTS) {
      return;
    }
    sent.incrementAndGet();
    boolean get = number % 2 == 0;
    String line = (get ? "GET" : "POST") + " /neighbour/" + number;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(clientAgent.resolve("/neighbour/" + number)).timeout(PATIENCE);
    long sentAt = System.nanoTime();
    var unused =
        http.sendAsync(
                (get ? request.GET() : request.POST(BodyPublishers.ofString("x"))).build(),
                BodyHandlers.ofString())
            .handle((response, failure) -> ended.add(ended(line, sentAt, response, failure)));
  }

  private static Ended ended(
      String line, long sentAt, HttpResponse<String> response, Throwable failure) {
    Duration took = Duration.ofNanos(System.nanoTime() - sentAt);
    if (failure != null) {
      return new Ended(line, failure.toString(), false, took);
    }
    String error = response.headers().firstValue("Longcut-Error").orElse("");
    boolean right = response.statusCode() == 200 && response.body().startsWith(line);
    String why = error.isEmpty() ? "" : " " + error + " (" + detail(response.body()) + ")";
    return new Ended(line, response.statusCode() + why, right, took);
  }

  /** The reason in a body of {@code application/problem+json}. */
  private static String detail(String body) {
    Matcher detail = DETAIL.matcher(body);
    return detail.find() ? detail.group(1) : body;
  }

  /** Returns whether not all requests have been sent. */
  boolean isSending() {
    return sent.get() < REQUESTS;
  }

  /** Returns how many requests have ended. */
  int ended() {
    return ended.size();
  }

  /** Waits until all requests have ended. */
  NeighbourReport report() {
    await("the neighbour's answers")
        .atMost(PATIENCE.multipliedBy(3))
        .until(() -> ended.size() == REQUESTS);
    return NeighbourReport.of(List.copyOf(ended));
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
