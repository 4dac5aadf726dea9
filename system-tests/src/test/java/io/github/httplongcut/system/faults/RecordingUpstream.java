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
 * An upstream server that records every execution by the request's id, the last part of the path.
 * By default it answers {@code <method> <id>} after a small random delay. It has {@value
 * #LISTENERS} listeners, each on its own port, so that it can refuse one agent and serve another.
 */
final class RecordingUpstream implements AutoCloseable {

  /**
   * The treatment of requests. Each treatment but {@link #NORMAL} applies to every fifth request
   * only, so that the other requests show whether service goes on.
   */
  enum Behaviour {
    NORMAL,
    /**
     * Delays the response to every POST, not only to every fifth request, by 1.5 to 2.5 seconds.
     */
    ANSWERS_POSTS_SLOWLY,
    RESETS_MID_BODY,
    NEVER_ANSWERS,
    ANSWERS_LATE,
    // The following values simulate defects of the relay (HarnessIT).
    RUNS_TWICE,
    FORGETS_THE_EXECUTION,
    ANSWERS_FOR_ANOTHER,
    SAYS_503
  }

  static final int LISTENERS = 4;

  /** Longer than any timeout of the relay. */
  private static final int LATE_MILLIS = 17_000;

  private static final int ONE_IN = 5;

  private final int[] ports = freePorts();
  private final Map<String, List<Instant>> executions = new ConcurrentHashMap<>();
  private final Map<String, List<Instant>> answers = new ConcurrentHashMap<>();
  private final Map<String, List<Instant>> answersBegun = new ConcurrentHashMap<>();

  /**
   * Replaces the I/O thread's own timer. XNIO 3.8 does not wake up for a task that another thread
   * schedules just before the I/O thread selects; the response would then wait for the thread's
   * next event.
   */
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  private final AtomicInteger count = new AtomicInteger();
  private volatile Behaviour behaviour = Behaviour.NORMAL;
  private final Undertow[] servers = new Undertow[LISTENERS];

  RecordingUpstream() {
    listen();
  }

  URI url(int listener) {
    return URI.create("http://127.0.0.1:" + ports[listener]);
  }

  void behaviour(Behaviour behaviour) {
    this.behaviour = behaviour;
  }

  /** Refuses connections from now on. */
  void refuse() {
    for (int listener = 0; listener < LISTENERS; listener++) {
      refuse(listener);
    }
  }

  /** Refuses connections to one listener from now on. */
  void refuse(int listener) {
    servers[listener].stop();
  }

  /** Listens again after {@code delay}. */
  void listenAfter(Duration delay) {
    CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS)
        .execute(this::listen);
  }

  void listen() {
    for (int listener = 0; listener < LISTENERS; listener++) {
      listen(listener);
    }
  }

  /** Opens one listener again. */
  void listen(int listener) {
    servers[listener] =
        Undertow.builder()
            .setIoThreads(2)
            .setWorkerThreads(2)
            .addHttpListener(ports[listener], "127.0.0.1", this::handle)
            .build();
    servers[listener].start();
  }

  /** The times at which the request was executed. */
  List<Instant> executionsOf(String id) {
    return executions.getOrDefault(id, List.of());
  }

  /** The times at which a response to the request was begun. */
  List<Instant> answersBegunTo(String id) {
    return answersBegun.getOrDefault(id, List.of());
  }

  /** The times at which a response to the request was written. */
  List<Instant> answersTo(String id) {
    return answers.getOrDefault(id, List.of());
  }

  private void handle(HttpServerExchange exchange) {
    String path = exchange.getRequestPath();
    String id = path.substring(path.lastIndexOf('/') + 1);
    boolean odd = count.incrementAndGet() % ONE_IN == 0;
    boolean slow = behaviour == Behaviour.ANSWERS_POSTS_SLOWLY;
    boolean misbehaves = slow ? exchange.getRequestMethod().equals(Methods.POST) : odd;
    Behaviour now = misbehaves ? behaviour : Behaviour.NORMAL;
    if (now != Behaviour.FORGETS_THE_EXECUTION) {
      add(executions, id);
    }
    if (now == Behaviour.RUNS_TWICE) {
      add(executions, id);
    }
    int delay = delayMillis(now);
    exchange.dispatch( // runs on this thread once this method has returned
        SameThreadExecutor.INSTANCE,
        () -> {
          if (now != Behaviour.NEVER_ANSWERS) {
            ScheduledFuture<?> unused =
                timer.schedule(
                    () -> exchange.getIoThread().execute(() -> answer(exchange, id, now)),
                    delay,
                    TimeUnit.MILLISECONDS);
          }
        });
  }

  private static int delayMillis(Behaviour behaviour) {
    return switch (behaviour) {
      case ANSWERS_LATE -> LATE_MILLIS;
      case ANSWERS_POSTS_SLOWLY -> 1_500 + ThreadLocalRandom.current().nextInt(1_000);
      default -> 2 + ThreadLocalRandom.current().nextInt(30);
    };
  }

  private static void add(Map<String, List<Instant>> times, String id) {
    times.computeIfAbsent(id, unused -> new CopyOnWriteArrayList<>()).add(Instant.now());
  }

  private void answer(HttpServerExchange exchange, String id, Behaviour behaviour) {
    add(answersBegun, id);
    String body =
        exchange.getRequestMethod()
            + " "
            + (behaviour == Behaviour.ANSWERS_FOR_ANOTHER ? "other" : id);
    if (behaviour == Behaviour.RESETS_MID_BODY) {
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
    if (behaviour == Behaviour.SAYS_503) {
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

  /**
   * Picks ports below the range of outgoing connections, so that they stay free while a listener is
   * closed.
   */
  private static int[] freePorts() {
    return new Random()
        .ints(20_000, 32_000)
        .distinct()
        .filter(RecordingUpstream::isFree)
        .limit(LISTENERS)
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
