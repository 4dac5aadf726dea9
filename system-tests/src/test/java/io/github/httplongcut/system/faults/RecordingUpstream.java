package io.github.httplongcut.system.faults;

import io.undertow.Undertow;
import io.undertow.io.DefaultIoCallback;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
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
 * mood. It listens on {@value #DOORS} ports, its doors, so that it can refuse one agent and serve
 * another.
 */
final class RecordingUpstream implements AutoCloseable {

  /** What it does to a request; the odd ones to each fifth, so that the rest can be judged. */
  enum Mood {
    NORMAL,
    /** Answers each POST, not only each fifth, one and a half to two and a half seconds later. */
    ANSWERS_POSTS_SLOWLY,
    RESETS_MID_BODY,
    NEVER_ANSWERS,
    ANSWERS_LATE,
    // What follows makes a sound relay look like a broken one (HarnessIT).
    RUNS_TWICE,
    FORGETS_THE_EXECUTION,
    ANSWERS_FOR_ANOTHER,
    SAYS_503
  }

  static final int DOORS = 4;

  /** Later than any timeout of the relay. */
  private static final int LATE_MILLIS = 17_000;

  private static final int ONE_IN = 5;

  private final int[] ports = freePorts();
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
  private final Undertow[] servers = new Undertow[DOORS];

  RecordingUpstream() {
    listen();
  }

  URI url(int door) {
    return URI.create("http://127.0.0.1:" + ports[door]);
  }

  void mood(Mood mood) {
    this.mood = mood;
  }

  /** Connections are refused from now on. */
  void refuse() {
    for (int door = 0; door < DOORS; door++) {
      refuse(door);
    }
  }

  /** Connections to that door are refused from now on. */
  void refuse(int door) {
    servers[door].stop();
  }

  /** Listens again once that time is over. */
  void listenAfter(Duration delay) {
    CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS)
        .execute(this::listen);
  }

  void listen() {
    for (int door = 0; door < DOORS; door++) {
      listen(door);
    }
  }

  /** Listens at that door again. */
  void listen(int door) {
    servers[door] =
        Undertow.builder()
            .setIoThreads(2)
            .setWorkerThreads(2)
            .addHttpListener(ports[door], "127.0.0.1", this::handle)
            .build();
    servers[door].start();
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
    boolean slow = mood == Mood.ANSWERS_POSTS_SLOWLY;
    boolean moody = slow ? exchange.getRequestMethod().equals(Methods.POST) : odd;
    Mood now = moody ? mood : Mood.NORMAL;
    if (now != Mood.FORGETS_THE_EXECUTION) {
      add(executions, id);
    }
    if (now == Mood.RUNS_TWICE) {
      add(executions, id);
    }
    int delay = delayMillis(now);
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

  private static int delayMillis(Mood mood) {
    return switch (mood) {
      case ANSWERS_LATE -> LATE_MILLIS;
      case ANSWERS_POSTS_SLOWLY -> 1_500 + ThreadLocalRandom.current().nextInt(1_000);
      default -> 2 + ThreadLocalRandom.current().nextInt(30);
    };
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

  /** Below the ports of outgoing connections, so that they stay free while nobody listens. */
  private static int[] freePorts() {
    return new Random()
        .ints(20_000, 32_000)
        .distinct()
        .filter(RecordingUpstream::isFree)
        .limit(DOORS)
        .toArray();
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
    refuse();
  }
}
