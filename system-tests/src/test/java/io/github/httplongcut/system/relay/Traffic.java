package io.github.httplongcut.system.relay;

import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends GET and POST in turn at a steady rate until {@link #end}, each with its own URL. */
final class Traffic implements AutoCloseable {

  /**
   * A request that has ended.
   *
   * @param run method and URL as the upstream server records them, such as {@code POST /17}
   * @param sentAt {@code nanoTime}
   * @param status 0 if there was no response
   * @param code the code of the relay's error, or empty
   * @param id the {@code client_req_id} of a failed request, for the logs; else empty
   */
  record Answered(String run, long sentAt, Duration took, int status, String code, String id) {

    boolean isGet() {
      return run.startsWith("GET");
    }
  }

  private static final Pattern ID = Pattern.compile("\"client_req_id\"\\s*:\\s*\"([0-9a-f-]+)\"");

  private static final Duration STALL = Duration.ofMillis(500);

  private static final Duration RIGHT_AFTER = Duration.ofSeconds(1);

  private final List<Stall> stalls = new CopyOnWriteArrayList<>();
  private long lastSentAt;
  private final Relay relay;
  private final RoleProcess clientAgent;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger sent = new AtomicInteger();
  private final List<Answered> answered = new CopyOnWriteArrayList<>();

  Traffic(Relay relay, RoleProcess clientAgent, int perSecond) {
    this.relay = relay;
    this.clientAgent = clientAgent;
    long period = TimeUnit.SECONDS.toNanos(1) / perSecond;
    // Not at a fixed rate: all overdue requests would be sent at once after a pause.
    var unused = timer.scheduleWithFixedDelay(this::send, period, period, TimeUnit.NANOSECONDS);
  }

  private void send() {
    int number = sent.getAndIncrement();
    long sentAt = System.nanoTime();
    if (number > 0 && sentAt - lastSentAt >= STALL.toNanos()) {
      stalls.add(new Stall(lastSentAt, sentAt));
    }
    lastSentAt = sentAt;
    String url = "/" + number;
    boolean get = number % 2 == 0;
    CompletableFuture<HttpResponse<String>> answer =
        get ? relay.getLater(clientAgent, url) : relay.postLater(clientAgent, url, "x");
    var unused =
        answer.handle(
            (response, failure) ->
                answered.add(
                    new Answered(
                        (get ? "GET " : "POST ") + url,
                        sentAt,
                        Duration.ofNanos(System.nanoTime() - sentAt),
                        failure == null ? response.statusCode() : 0,
                        failure == null
                            ? response.headers().firstValue("Longcut-Error").orElse("")
                            : failure.toString(),
                        failure == null ? idIn(response.body()) : "")));
  }

  private static String idIn(String body) {
    Matcher id = ID.matcher(body);
    return id.find() ? id.group(1) : "";
  }

  /** A pause of the machine, as {@code nanoTime}. */
  record Stall(long from, long until) {

    /** Returns whether the request was in flight during the pause, or was sent right after it. */
    boolean touches(Answered request) {
      long answeredAt = request.sentAt() + request.took().toNanos();
      return answeredAt - from >= 0 && request.sentAt() - until < RIGHT_AFTER.toNanos();
    }
  }

  /**
   * The pauses in which not even this sender ran. The relay is not to blame for requests that fail
   * then.
   */
  List<Stall> stalls() {
    return stalls;
  }

  /** Keeps sending for {@code time}, then returns. */
  void flowFor(Duration time) {
    Function<Long, Boolean> over = start -> System.nanoTime() - start >= time.toNanos();
    long start = System.nanoTime();
    await().atMost(time.plusSeconds(30)).until(() -> over.apply(start));
  }

  /** Stops sending and waits for all responses. */
  List<Answered> end() {
    timer.shutdown();
    await("answers")
        .atMost(Relay.PATIENCE.plusSeconds(5))
        .until(() -> timer.isTerminated() && answered.size() == sent.get());
    return List.copyOf(answered);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
