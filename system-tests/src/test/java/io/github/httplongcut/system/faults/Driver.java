package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.faults.Sent.Answer;
import io.github.httplongcut.system.faults.Sent.End;
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
 * The callers: sends GET and POST at a steady rate, whatever becomes of them, by turns through all
 * client agents. Each request has a connection of its own; one that is refused is tried at another
 * client agent, as a load balancer does. Nothing else is ever repeated.
 */
final class Driver implements AutoCloseable {

  /** More than these are not under way at once: what waits for longer than its timeout is lost. */
  private static final int BOUND = 8_000;

  private static final long TICK_MILLIS = 10;

  /**
   * Who waits for the disk for nearly all of such a time stands still; for a write one waits less.
   */
  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final double NEARLY_ALL = 0.8;

  private final CloseableHttpAsyncClient http;
  private final Supplier<List<RoleProcess>> clients;
  private final int perSecond;
  private final String prefix;
  private final Random random;
  private final List<Sent> sent = new ArrayList<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private long startedAt;
  private long due;
  private long lastTick;
  private volatile long worstStall;
  private long watchedSince;
  private Duration waitedBefore = Duration.ZERO;
  private final AtomicLong waitedNanos = new AtomicLong();

  /**
   * @param clients those that take requests at the moment
   * @param prefix of the ids of its requests, so that they are unique
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

  /** Returns after that time under load. */
  void drive(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - until < 0) {
      LockSupport.parkNanos(this, until - System.nanoTime());
    }
  }

  /** Sends nothing more, and waits for the answers that are missing. */
  void finish(Duration atMost) {
    clock.shutdown(); // not now: an interrupt would break the request that is just being sent
    long until = System.nanoTime() + atMost.toNanos();
    while (underWay.get() > 0 && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  /** All that it has sent so far, oldest first. */
  List<Sent> sent() {
    synchronized (sent) {
      return List.copyOf(sent);
    }
  }

  /**
   * The longest time that passed here without a tick: so long the whole machine, or nearly, did
   * something else.
   */
  Duration worstStall() {
    return Duration.ofNanos(worstStall);
  }

  /** How long everything but this driver, which writes nothing, has waited for the disk. */
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
      if (underWay.get() < BOUND) {
        sendOne();
      }
    }
  }

  private void sendOne() {
    boolean post = random.nextBoolean();
    Sent request = new Sent(prefix + "-" + due, post, post ? 20 + (int) (due % 1_979) : 0);
    synchronized (sent) {
      sent.add(request);
    }
    underWay.incrementAndGet();
    List<RoleProcess> all = clients.get();
    send(request, all, (int) (due % Math.max(1, all.size())), all.size());
  }

  private void send(Sent request, List<RoleProcess> all, int index, int tries) {
    if (tries == 0) {
      end(request, new Answer(End.REFUSED, 0, "", "no client agent listens", System.nanoTime()));
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

  private static SimpleHttpRequest message(Sent request, int port) {
    String url = "http://127.0.0.1:" + port + "/r/" + request.id();
    return request.isPost()
        ? SimpleRequestBuilder.post(url)
            .setBody("x".repeat(request.bodyLength()), ContentType.TEXT_PLAIN)
            .build()
        : SimpleRequestBuilder.get(url).build();
  }

  private void end(Sent request, Answer answer) {
    request.answered(answer);
    underWay.decrementAndGet();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
