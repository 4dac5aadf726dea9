package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.faults.SentRequest.Answer;
import io.github.httplongcut.system.faults.SentRequest.End;
import io.github.httplongcut.system.relay.RoleProcess;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.hc.client5.http.async.methods.SimpleHttpRequest;
import org.apache.hc.client5.http.async.methods.SimpleHttpResponse;
import org.apache.hc.client5.http.async.methods.SimpleRequestBuilder;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.ContentType;

/**
 * Generates load: sends GET and POST at a steady rate, independent of the responses, through all
 * client agents in turn. Each request uses a new connection. If a client agent refuses the
 * connection, the driver tries the next one, as a load balancer does. It never retries otherwise.
 */
final class Driver implements AutoCloseable {

  /** Maximum number of requests in flight; while it is reached, the driver skips requests. */
  private static final int MAX_IN_FLIGHT = 8_000;

  private static final long TICK_MILLIS = 10;

  /**
   * Interval of the disk check. Waiting for most of an interval is a pause of the machine; a single
   * write takes less.
   */
  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final double NEARLY_ALL = 0.8;

  private final CloseableHttpAsyncClient http;
  private final Supplier<List<RoleProcess>> clients;
  private final int perSecond;
  private final String prefix;
  private final Random random;
  private final List<SentRequest> sent = new ArrayList<>();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private long startedAt;
  private long due;
  private long lastTick;
  private volatile long worstStall;
  private long watchedSince;
  private Duration waitedBefore = Duration.ZERO;
  private final AtomicLong waitedNanos = new AtomicLong();

  /**
   * @param clients supplies the client agents that currently take requests
   * @param prefix makes the request ids unique
   */
  Driver(
      CloseableHttpAsyncClient http,
      Supplier<List<RoleProcess>> clients,
      int perSecond,
      String prefix,
      Random random) {
    this.http = http;
    this.clients = clients;
    this.perSecond = perSecond;
    this.prefix = prefix;
    this.random = random;
  }

  Driver start() {
    startedAt = System.nanoTime();
    lastTick = startedAt;
    watchedSince = startedAt;
    waitedBefore = Machine.waitedForDisk();
    Future<?> unused =
        clock.scheduleAtFixedRate(this::sendDue, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    return this;
  }

  /** Keeps up the load for {@code time}, then returns. */
  void drive(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - until < 0) {
      LockSupport.parkNanos(this, until - System.nanoTime());
    }
  }

  /** Stops sending and waits for the missing responses. */
  void finish(Duration atMost) {
    clock.shutdown(); // not shutdownNow(): an interrupt would break a request that is being sent
    long until = System.nanoTime() + atMost.toNanos();
    while (inFlight.get() > 0 && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  /** The requests sent so far, oldest first. */
  List<SentRequest> sent() {
    synchronized (sent) {
      return List.copyOf(sent);
    }
  }

  /**
   * The longest time between two ticks. For nearly that long the whole machine did something else.
   */
  Duration worstStall() {
    return Duration.ofNanos(worstStall);
  }

  /**
   * The time for which all other processes waited for the disk. The driver itself does not write.
   */
  Duration waitedForDisk() {
    return Duration.ofNanos(waitedNanos.get());
  }

  private void watch(long now) {
    if (now - watchedSince < WATCH_NANOS) {
      return;
    }
    Duration waited = Machine.waitedForDisk();
    long nanos = waited.minus(waitedBefore).toNanos();
    if (nanos >= NEARLY_ALL * (now - watchedSince)) {
      waitedNanos.addAndGet(nanos);
    }
    waitedBefore = waited;
    watchedSince = now;
  }

  private void sendDue() {
    long now = System.nanoTime();
    worstStall = Math.max(worstStall, now - lastTick);
    lastTick = now;
    watch(now);
    long shouldBe = (now - startedAt) * perSecond / 1_000_000_000L;
    while (due < shouldBe) {
      due++;
      if (inFlight.get() < MAX_IN_FLIGHT) {
        sendOne();
      }
    }
  }

  private void sendOne() {
    boolean post = random.nextBoolean();
    SentRequest request =
        new SentRequest(prefix + "-" + due, post, post ? 20 + (int) (due % 1_979) : 0);
    synchronized (sent) {
      sent.add(request);
    }
    inFlight.incrementAndGet();
    List<RoleProcess> all = clients.get();
    send(request, all, (int) (due % Math.max(1, all.size())), all.size());
  }

  private void send(SentRequest request, List<RoleProcess> all, int index, int tries) {
    if (tries == 0) {
      end(
          request,
          new Answer(
              End.REFUSED, 0, "", "every client agent refused the connection", System.nanoTime()));
      return;
    }
    RoleProcess client = all.get(index);
    request.through(client);
    Future<SimpleHttpResponse> unused =
        http.execute(
            message(request, client.port("http_listening")),
            new FutureCallback<>() {
              @Override
              public void completed(SimpleHttpResponse response) {
                var error = response.getFirstHeader("Longcut-Error");
                String code = error == null ? "" : error.getValue();
                String body = response.getBodyText();
                end(
                    request,
                    new Answer(
                        End.ANSWERED,
                        response.getCode(),
                        code,
                        body == null ? "" : body,
                        System.nanoTime()));
              }

              @Override
              public void failed(Exception e) {
                if (e instanceof ConnectException) {
                  send(request, all, (index + 1) % all.size(), tries - 1);
                } else {
                  end(request, new Answer(End.BROKEN, 0, "", e.toString(), System.nanoTime()));
                }
              }

              @Override
              public void cancelled() {
                end(request, new Answer(End.BROKEN, 0, "", "cancelled", System.nanoTime()));
              }
            });
  }

  private static SimpleHttpRequest message(SentRequest request, int port) {
    String url = "http://127.0.0.1:" + port + "/r/" + request.id();
    return request.isPost()
        ? SimpleRequestBuilder.post(url)
            .setBody("x".repeat(request.bodyLength()), ContentType.TEXT_PLAIN)
            .build()
        : SimpleRequestBuilder.get(url).build();
  }

  private void end(SentRequest request, Answer answer) {
    request.answered(answer);
    inFlight.decrementAndGet();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
