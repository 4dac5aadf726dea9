package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.HttpExchange.Seen;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManager;
import org.apache.hc.client5.http.nio.AsyncConnectionEndpoint;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.ConnectionInitiator;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * One call: takes a connection from the pool, or makes one; has the exchange done on it; gives it
 * back. It goes to a second connection, a new one, if the first was a used one that turned out to
 * be closed: when nothing had been written on it yet, or when the request is repeatable and not one
 * byte of an answer had come (RFC 9112 section 9.3.1).
 *
 * <p>Runs on I/O threads, and is aborted from any: {@link #phase} decides who is first.
 */
final class HttpCall implements HttpCaller.Call {

  private enum Phase {
    CONNECTING,
    SENT,
    ENDED
  }

  /**
   * Where its connections come from.
   *
   * @param pool the target's own
   * @param initiator does their I/O
   * @param connector begins new ones, which may block
   */
  record Connections(
      PoolingAsyncClientConnectionManager pool,
      ConnectionInitiator initiator,
      Executor connector) {}

  private final Connections connections;
  private final Target target;
  private final Request request;
  private final Supplier<HttpRequest> httpRequest;
  private final Consumer<HttpCaller.Result> whenDone;

  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.CONNECTING);
  private final AtomicReference<AsyncConnectionEndpoint> connection = new AtomicReference<>();
  private volatile boolean secondTry;

  /**
   * @param httpRequest makes the message, anew for each connection
   */
  HttpCall(
      Connections connections,
      Target target,
      Request request,
      Supplier<HttpRequest> httpRequest,
      Consumer<HttpCaller.Result> whenDone) {
    this.connections = connections;
    this.target = target;
    this.request = request;
    this.httpRequest = httpRequest;
    this.whenDone = whenDone;
  }

  /** Begins; to be called once. */
  void start() {
    var unused = // the callback hears of it
        connections
            .pool()
            .lease(
                target.name(),
                UpstreamClient.routeOf(target),
                null,
                Timeout.of(UpstreamClient.CONNECT_TIMEOUT),
                new Then(this::leased));
  }

  /** While it connects, it lets that come to its end, and then gives the connection back. */
  @Override
  public HttpCaller.Progress abort() {
    if (phase.getAndSet(Phase.ENDED) == Phase.CONNECTING) {
      return HttpCaller.Progress.NOT_SENT;
    }
    giveBack(Optional.empty());
    return HttpCaller.Progress.SENT;
  }

  private void leased(AsyncConnectionEndpoint endpoint) {
    connection.set(endpoint);
    if (endpoint.isConnected() && secondTry) {
      close(endpoint); // as old as the one that was closed
    }
    if (endpoint.isConnected()) {
      exchange(endpoint, Reused.YES);
    } else {
      connections.connector().execute(() -> connect(endpoint));
    }
  }

  private void connect(AsyncConnectionEndpoint endpoint) {
    if (phase.get() == Phase.ENDED) {
      giveBack(Optional.empty());
      return;
    }
    try {
      var unused =
          connections
              .pool()
              .connect(
                  endpoint,
                  connections.initiator(),
                  Timeout.of(UpstreamClient.CONNECT_TIMEOUT),
                  null,
                  HttpCoreContext.create(),
                  new Then(connected -> exchange(endpoint, Reused.NO)));
    } catch (RuntimeException e) {
      cannotConnect(e); // the pool or the reactor is closed
    }
  }

  private enum Reused {
    YES,
    NO
  }

  private void exchange(AsyncConnectionEndpoint endpoint, Reused reused) {
    if (!phase.compareAndSet(Phase.CONNECTING, Phase.SENT)) {
      giveBack(Optional.empty());
      return;
    }
    HttpExchange.Listener listener =
        new HttpExchange.Listener() {
          @Override
          public void onResult(HttpCaller.Result result, Optional<Duration> keepAlive) {
            end(result, keepAlive);
          }

          @Override
          public void onBroken(Exception cause, Seen seen) {
            giveBack(Optional.empty());
            boolean mayTryAgain =
                reused == Reused.YES
                    && (seen == Seen.NOTHING
                        || (seen == Seen.REQUEST
                            && request.isRepeatable()
                            && cause instanceof IOException));
            if (mayTryAgain && phase.compareAndSet(Phase.SENT, Phase.CONNECTING)) {
              secondTry = true;
              start();
            } else {
              end(
                  failure(Failure.UPSTREAM_PROTOCOL_ERROR, AnswerFault.describe(cause, seen)),
                  Optional.empty());
            }
          }
        };
    HttpExchange exchange =
        new HttpExchange(
            httpRequest.get(),
            request.body(),
            target.config().maxResponseBody(),
            UpstreamClient.MAX_IDLE,
            listener);
    endpoint.execute(target.name(), exchange, null, HttpCoreContext.create());
  }

  private void cannotConnect(Exception cause) {
    end(
        new HttpCaller.Result.Failed(
            Failure.UPSTREAM_UNREACHABLE, Unreachable.describe(target, cause)),
        Optional.empty());
  }

  private void end(HttpCaller.Result result, Optional<Duration> keepAlive) {
    boolean first = phase.getAndSet(Phase.ENDED) != Phase.ENDED;
    giveBack(keepAlive);
    if (first) {
      whenDone.accept(named(result));
    }
  }

  /** Back to the pool, once; closed, unless it may be kept. */
  private void giveBack(Optional<Duration> keepAlive) {
    AsyncConnectionEndpoint endpoint = connection.getAndSet(null);
    if (endpoint == null) {
      return;
    }
    boolean keep = keepAlive.isPresent() && keepAlive.get().toMillis() > 0;
    if (!keep) {
      close(endpoint);
    }
    connections.pool().release(endpoint, null, TimeValue.of(keepAlive.orElse(Duration.ZERO)));
  }

  private static void close(AsyncConnectionEndpoint endpoint) {
    endpoint.close(CloseMode.IMMEDIATE);
  }

  private static HttpCaller.Result.Failed failure(Failure failure, String message) {
    return new HttpCaller.Result.Failed(failure, message);
  }

  private HttpCaller.Result named(HttpCaller.Result result) {
    if (result instanceof HttpCaller.Result.Failed failed
        && failed.failure() != Failure.UPSTREAM_UNREACHABLE) {
      return failure(
          failed.failure(),
          "upstream target '%s': %s %s"
              .formatted(target.name(), target.hostAndPort(), failed.message()));
    }
    return result;
  }

  /** Goes on with what was asked of the pool. */
  private final class Then implements FutureCallback<AsyncConnectionEndpoint> {

    private final Consumer<AsyncConnectionEndpoint> next;

    Then(Consumer<AsyncConnectionEndpoint> next) {
      this.next = next;
    }

    @Override
    public void completed(AsyncConnectionEndpoint endpoint) {
      next.accept(endpoint);
    }

    @Override
    public void failed(Exception cause) {
      cannotConnect(cause);
    }

    /** Nobody cancels but the pool when it is closed. */
    @Override
    public void cancelled() {
      cannotConnect(new IOException("the connection was given up"));
    }
  }
}
