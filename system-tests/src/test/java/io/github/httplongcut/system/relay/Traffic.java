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

/**
 * GET and POST in turn at a steady rate, each with a URL of its own, from start to {@link #end}.
 */
final class Traffic implements AutoCloseable {

  /**
   * A request that is over.
   *
   * @param run as the upstream server notes it: {@code POST /17}
   * @param sentAt {@code nanoTime}
   * @param status 0 if there was no answer
   * @param code of the relay's error, or empty
   * @param id names it in the logs, if it failed; or empty
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
    // Not at a fixed rate: what a machine that stalled owes would come all at once.
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

  /** When the machine stood still, from and until, as {@code nanoTime}. */
  record Stall(long from, long until) {

    /** Whether that request was under way then, or came right after. */
    boolean touches(Answered request) {
      long answeredAt = request.sentAt() + request.took().toNanos();
      return answeredAt - from >= 0 && request.sentAt() - until < RIGHT_AFTER.toNanos();
    }
  }

  /** The times in which not even this sent anything: what fails then is not the relay's fault. */
  List<Stall> stalls() {
    return stalls;
  }

  /** Lets it flow for so long. */
  void flowFor(Duration time) {
    Function<Long, Boolean> over = start -> System.nanoTime() - start >= time.toNanos();
    long start = System.nanoTime();
    await().atMost(time.plusSeconds(30)).until(() -> over.apply(start));
  }

  /** Sends no more, and waits for every answer. */
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
