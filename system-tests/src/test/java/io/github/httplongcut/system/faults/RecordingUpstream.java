package io.github.httplongcut.system.faults;

import io.undertow.Undertow;
import io.undertow.io.DefaultIoCallback;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.SameThreadExecutor;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.xnio.IoUtils;

/**
 * An upstream server that keeps a record of every execution by the request's id, the last part of
 * its path. It answers {@code <method> <id>} after a small random delay, unless it is in another
 * mood.
 */
final class RecordingUpstream implements AutoCloseable {

  /** What it does to a request; the odd ones to each fifth, so that the rest can be judged. */
  enum Mood {
    NORMAL,
    RESETS_MID_BODY,
    NEVER_ANSWERS,
    ANSWERS_LATE,
    // What follows makes a sound relay look like a broken one (HarnessIT).
    RUNS_TWICE,
    FORGETS_THE_EXECUTION,
    ANSWERS_FOR_ANOTHER,
    SAYS_503
  }

  /** Later than any timeout of the relay. */
  private static final int LATE_MILLIS = 17_000;

  private static final int ONE_IN = 5;

  private final int port = freePort();
  private final Map<String, List<Instant>> executions = new ConcurrentHashMap<>();
  private final Map<String, List<Instant>> answers = new ConcurrentHashMap<>();
  private final Map<String, List<Instant>> answersBegun = new ConcurrentHashMap<>();

  /**
   * Not the I/O thread's own: XNIO 3.8 does not wake for what another thread has delayed just
   * before it selects, and the answer then waits for the thread's next event.
   */
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  private final AtomicInteger count = new AtomicInteger();
  private volatile Mood mood = Mood.NORMAL;
  private Undertow server;

  RecordingUpstream() {
    listen();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  void mood(Mood mood) {
    this.mood = mood;
  }

  /** Connections are refused from now on. */
  void refuse() {
    server.stop();
  }

  /** Listens again once that time is over. */
  void listenAfter(Duration delay) {
    CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS)
        .execute(this::listen);
  }

  void listen() {
    server =
        Undertow.builder()
            .setIoThreads(2)
            .setWorkerThreads(2)
            .addHttpListener(port, "127.0.0.1", this::handle)
            .build();
    server.start();
  }

  /** When that request was executed, each time that it was. */
  List<Instant> executionsOf(String id) {
    return executions.getOrDefault(id, List.of());
  }

  /** When an answer to that request was begun, each time that one was. */
  List<Instant> answersBegunTo(String id) {
    return answersBegun.getOrDefault(id, List.of());
  }

  /** When an answer to that request was written, each time that one was. */
  List<Instant> answersTo(String id) {
    return answers.getOrDefault(id, List.of());
  }

  private void handle(HttpServerExchange exchange) {
    String path = exchange.getRequestPath();
    String id = path.substring(path.lastIndexOf('/') + 1);
    boolean odd = count.incrementAndGet() % ONE_IN == 0;
    Mood now = odd ? mood : Mood.NORMAL;
    if (now != Mood.FORGETS_THE_EXECUTION) {
      add(executions, id);
    }
    if (now == Mood.RUNS_TWICE) {
      add(executions, id);
    }
    int delay =
        now == Mood.ANSWERS_LATE ? LATE_MILLIS : 2 + ThreadLocalRandom.current().nextInt(30);
    exchange.dispatch( // here, once this method has returned
        SameThreadExecutor.INSTANCE,
        () -> {
          if (now != Mood.NEVER_ANSWERS) {
            ScheduledFuture<?> unused =
                timer.schedule(
                    () -> exchange.getIoThread().execute(() -> answer(exchange, id, now)),
                    delay,
                    TimeUnit.MILLISECONDS);
          }
        });
  }

  private static void add(Map<String, List<Instant>> times, String id) {
    times.computeIfAbsent(id, unused -> new CopyOnWriteArrayList<>()).add(Instant.now());
  }

  private void answer(HttpServerExchange exchange, String id, Mood mood) {
    add(answersBegun, id);
    String body =
        exchange.getRequestMethod() + " " + (mood == Mood.ANSWERS_FOR_ANOTHER ? "other" : id);
    if (mood == Mood.RESETS_MID_BODY) {
      exchange.getResponseHeaders().put(Headers.CONTENT_LENGTH, body.length() + 1_000);
      exchange
          .getResponseSender()
          .send(
              body,
              new IoCallback() {
                @Override
                public void onComplete(HttpServerExchange done, Sender sender) {
                  IoUtils.safeClose(done.getConnection());
                }

                @Override
                public void onException(HttpServerExchange done, Sender sender, IOException e) {
                  IoUtils.safeClose(done.getConnection());
                }
              });
      return;
    }
    if (mood == Mood.SAYS_503) {
      exchange.setStatusCode(StatusCodes.SERVICE_UNAVAILABLE);
    }
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain");
    exchange
        .getResponseSender()
        .send(
            body,
            new DefaultIoCallback() {
              @Override
              public void onComplete(HttpServerExchange done, Sender sender) {
                add(answers, id);
                super.onComplete(done, sender);
              }
            });
  }

  /** Below the ports of outgoing connections, so that it stays free while nobody listens. */
  private static int freePort() {
    Random random = new Random();
    int candidate = 20_000 + random.nextInt(12_000);
    while (!isFree(candidate)) {
      candidate = 20_000 + random.nextInt(12_000);
    }
    return candidate;
  }

  private static boolean isFree(int port) {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return probe.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    server.stop();
  }
}
