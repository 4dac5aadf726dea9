package io.github.httplongcut.system.relay;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Many callers, GET and POST in turn or GET only, each for a path of its own: in turn, each asking
 * again when answered, or at a rate that does not care how the relay fares.
 */
final class Crowd {

  private static final Duration PACE = Duration.ofMillis(10);

  private record Answer(String line, int status, String error, String body, long nanos) {

    boolean isRefused() {
      return status == 503 && !error.isEmpty();
    }

    boolean isRight() {
      return status == 200 && body.startsWith(line);
    }
  }

  /** What came of a period of asking. */
  record Answers(List<Answer> all, Duration asked) {

    double perSecond() {
      return answered() / (asked.toMillis() / 1_000.0);
    }

    int answered() {
      return (int) all.stream().filter(Answer::isRight).count();
    }

    int refused() {
      return (int) all.stream().filter(Answer::isRefused).count();
    }

    /** Number of answers by status and error code, such as {@code 503 overloaded}. */
    Map<String, Long> byOutcome() {
      return all.stream()
          .collect(
              Collectors.groupingBy(
                  answer -> answer.status + " " + answer.error,
                  TreeMap::new,
                  Collectors.counting()));
    }

    List<String> refusedPosts() {
      return all.stream()
          .filter(answer -> answer.isRefused() && answer.line.startsWith("POST"))
          .map(Answer::line)
          .toList();
    }

    List<Answer> neitherAnsweredNorRefused() {
      return all.stream().filter(answer -> !answer.isRight() && !answer.isRefused()).toList();
    }

    Duration answeredWithin(int percent) {
      return percentile(all.stream().filter(Answer::isRight).toList(), percent);
    }

    Duration refusedWithin(int percent) {
      return percentile(all.stream().filter(Answer::isRefused).toList(), percent);
    }

    private static Duration percentile(List<Answer> answers, int percent) {
      long[] sorted = answers.stream().mapToLong(Answer::nanos).sorted().toArray();
      return sorted.length == 0
          ? Duration.ZERO
          : Duration.ofNanos(sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)]);
    }
  }

  private final int port;
  private final String directory;
  private final List<String> methods;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger asked = new AtomicInteger();

  /**
   * @param port of the client agent
   * @param directory of all paths; ends with a slash
   */
  Crowd(int port, String directory) {
    this(port, directory, List.of("GET", "POST"));
  }

  private Crowd(int port, String directory, List<String> methods) {
    this.port = port;
    this.directory = directory;
    this.methods = methods;
  }

  /** Callers who ask with GET only. */
  static Crowd ofReaders(int port, String directory) {
    return new Crowd(port, directory, List.of("GET"));
  }

  /** Number of requests so far. */
  int asked() {
    return asked.get();
  }

  /** So many callers, each of whom asks again when answered. */
  Answers askInTurn(int callers, Duration period) throws InterruptedException {
    Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    CountDownLatch ended = new CountDownLatch(callers);
    long end = System.nanoTime() + period.toNanos();
    for (int i = 0; i < callers; i++) {
      askAgain(answers, end, ended);
    }
    if (!ended.await(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("unanswered");
    }
    return new Answers(List.copyOf(answers), period);
  }

  private void askAgain(Queue<Answer> answers, long end, CountDownLatch ended) {
    if (System.nanoTime() - end >= 0) {
      ended.countDown();
      return;
    }
    var unused =
        ask()
            .thenAccept(
                answer -> {
                  answers.add(answer);
                  askAgain(answers, end, ended);
                });
  }

  /** So many each second, whatever becomes of them. */
  Answers askAtRate(double perSecond, Duration period) throws InterruptedException {
    Queue<CompletableFuture<Answer>> answers = new ConcurrentLinkedQueue<>();
    AtomicInteger count = new AtomicInteger();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    long began = System.nanoTime();
    var unused =
        clock.scheduleAtFixedRate(
            () -> {
              double due = perSecond * (System.nanoTime() - began) / 1e9;
              for (; count.get() < due; count.getAndIncrement()) {
                answers.add(ask());
              }
            },
            0,
            PACE.toMillis(),
            TimeUnit.MILLISECONDS);
    boolean early = clock.awaitTermination(period.toMillis(), TimeUnit.MILLISECONDS);
    clock.shutdown();
    if (early || !clock.awaitTermination(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the clock does not run as it should");
    }
    List<Answer> all = answers.stream().map(CompletableFuture::join).toList();
    return new Answers(all, period);
  }

  private CompletableFuture<Answer> ask() {
    int number = asked.getAndIncrement();
    String path = directory + number;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Relay.PATIENCE);
    String method = methods.get(number % methods.size());
    if (method.equals("POST")) {
      request.POST(HttpRequest.BodyPublishers.ofString("x"));
    }
    long began = System.nanoTime();
    return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
        .handle(
            (response, failure) -> {
              long nanos = System.nanoTime() - began;
              String line = method + " " + path;
              return failure == null
                  ? new Answer(
                      line,
                      response.statusCode(),
                      response.headers().firstValue("Longcut-Error").orElse(""),
                      response.body(),
                      nanos)
                  : new Answer(line, 0, failure.toString(), "", nanos);
            });
  }
}
