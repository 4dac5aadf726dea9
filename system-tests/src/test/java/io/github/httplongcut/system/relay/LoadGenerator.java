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
 * Generates load through a client agent: GET and POST in turn or only GET, each with its own path.
 * The load is either closed-loop, where each caller waits for its response, or at a fixed rate.
 */
final class LoadGenerator {

  private static final Duration PACE = Duration.ofMillis(10);

  private record Answer(String line, int status, String error, String body, long nanos) {

    boolean isRefused() {
      return status == 503 && !error.isEmpty();
    }

    boolean isRight() {
      return status == 200 && body.startsWith(line);
    }
  }

  /** The responses to the requests of one period. */
  record Results(List<Answer> all, Duration period) {

    double perSecond() {
      return answered() / (period.toMillis() / 1_000.0);
    }

    int answered() {
      return (int) all.stream().filter(Answer::isRight).count();
    }

    int refused() {
      return (int) all.stream().filter(Answer::isRefused).count();
    }

    /** Number of responses by status and error code, such as {@code 503 overloaded}. */
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
  private final AtomicInteger sent = new AtomicInteger();

  /**
   * @param port the client agent's port
   * @param directory the common prefix of all paths; ends with a slash
   */
  LoadGenerator(int port, String directory) {
    this(port, directory, List.of("GET", "POST"));
  }

  private LoadGenerator(int port, String directory, List<String> methods) {
    this.port = port;
    this.directory = directory;
    this.methods = methods;
  }

  /** A generator that sends only GET. */
  static LoadGenerator ofReaders(int port, String directory) {
    return new LoadGenerator(port, directory, List.of("GET"));
  }

  /** Number of requests so far. */
  int sent() {
    return sent.get();
  }

  /**
   * Generates closed-loop load: each caller sends its next request after the response to the last
   * one.
   */
  Results runClosedLoop(int callers, Duration period) throws InterruptedException {
    Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    CountDownLatch ended = new CountDownLatch(callers);
    long end = System.nanoTime() + period.toNanos();
    for (int i = 0; i < callers; i++) {
      sendNext(answers, end, ended);
    }
    if (!ended.await(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("requests without a response after " + Relay.PATIENCE);
    }
    return new Results(List.copyOf(answers), period);
  }

  private void sendNext(Queue<Answer> answers, long end, CountDownLatch ended) {
    if (System.nanoTime() - end >= 0) {
      ended.countDown();
      return;
    }
    var unused =
        send()
            .thenAccept(
                answer -> {
                  answers.add(answer);
                  sendNext(answers, end, ended);
                });
  }

  /** Sends {@code perSecond} requests a second, independent of the responses. */
  Results runAtRate(double perSecond, Duration period) throws InterruptedException {
    Queue<CompletableFuture<Answer>> answers = new ConcurrentLinkedQueue<>();
    AtomicInteger count = new AtomicInteger();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    long began = System.nanoTime();
    var unused =
        clock.scheduleAtFixedRate(
            () -> {
              double due = perSecond * (System.nanoTime() - began) / 1e9;
              for (; count.get() < due; count.getAndIncrement()) {
                answers.add(send());
              }
            },
            0,
            PACE.toMillis(),
            TimeUnit.MILLISECONDS);
    boolean early = clock.awaitTermination(period.toMillis(), TimeUnit.MILLISECONDS);
    clock.shutdown();
    if (early || !clock.awaitTermination(Relay.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the load generator's clock failed or did not stop");
    }
    List<Answer> all = answers.stream().map(CompletableFuture::join).toList();
    return new Results(all, period);
  }

  private CompletableFuture<Answer> send() {
    int number = sent.getAndIncrement();
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
