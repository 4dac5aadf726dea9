package io.github.httplongcut.upstream.http;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.http.HttpExchange.Transferred;
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
 * One HTTP call: leases a connection from the pool or opens one, runs the exchange on it, and
 * releases the connection.
 *
 * <p>If a reused connection turns out to be closed, the call is retried once, on a new connection
 * (RFC 9112 section 9.3.1). Either condition suffices:
 *
 * <ul>
 *   <li>no byte of the request was written;
 *   <li>the request is repeatable, and no byte of a response arrived.
 * </ul>
 *
 * <p>Runs on I/O threads; any thread may abort the call. {@link #phase} resolves races between
 * them.
 */
final class HttpCall implements HttpCaller.Call {

  private enum Phase {
    CONNECTING,
    SENT,
    ENDED
  }

  /**
   * Sources of connections.
   *
   * @param pool the target's connection pool
   * @param initiator the reactor for the connections' I/O
   * @param connector runs connection attempts, which may block in a DNS lookup
   */
  record Connections(
      PoolingAsyncClientConnectionManager pool,
      ConnectionInitiator initiator,
      Executor connector) {}

  /**
   * A request to send.
   *
   * @param message creates the HTTP message; called once per connection
   */
  record Outgoing(Request request, HttpCaller.Purpose purpose, Supplier<HttpRequest> message) {}

  private final Connections connections;
  private final TargetServer server;
  private final Outgoing outgoing;
  private final ServerMetrics metrics;
  private final Consumer<HttpCaller.Result> whenDone;

  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.CONNECTING);
  private final AtomicReference<AsyncConnectionEndpoint> connection = new AtomicReference<>();
  private volatile boolean retrying;

  /** Time at which {@link #phase} changed. */
  private volatile long phaseSince;

  HttpCall(
      Connections connections,
      TargetServer server,
      Outgoing outgoing,
      ServerMetrics metrics,
      Consumer<HttpCaller.Result> whenDone) {
    this.connections = connections;
    this.server = server;
    this.outgoing = outgoing;
    this.metrics = metrics;
    this.whenDone = whenDone;
  }

  /** Starts the call, or its retry. */
  void start() {
    phaseSince = System.nanoTime();
    var unused = // the callback receives the result
        connections
            .pool()
            .lease(
                server.name(),
                UpstreamClient.routeOf(server),
                null,
                Timeout.of(UpstreamClient.CONNECT_TIMEOUT),
                new PoolCallback(this::leased));
  }

  /**
   * Aborts the call. A connection attempt under way continues, and its connection is released when
   * it ends.
   */
  @Override
  public HttpCaller.Progress abort() {
    Phase before = phase.getAndSet(Phase.ENDED);
    recordEndOf(before);
    if (before == Phase.CONNECTING) {
      return HttpCaller.Progress.NOT_SENT;
    }
    release(Optional.empty());
    return HttpCaller.Progress.SENT;
  }

  private void recordEndOf(Phase ended) {
    long nanos = System.nanoTime() - phaseSince;
    switch (ended) {
      case CONNECTING -> metrics.connecting(outgoing.purpose(), nanos);
      case SENT -> metrics.called(outgoing.purpose(), nanos);
      case ENDED -> {}
    }
  }

  private void leased(AsyncConnectionEndpoint endpoint) {
    connection.set(endpoint);
    if (endpoint.isConnected() && retrying) {
      close(endpoint); // the server has probably closed this one too
    }
    if (endpoint.isConnected()) {
      exchange(endpoint, Reused.YES);
    } else {
      connections.connector().execute(() -> connect(endpoint));
    }
  }

  private void connect(AsyncConnectionEndpoint endpoint) {
    if (phase.get() == Phase.ENDED) {
      release(Optional.empty());
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
                  new PoolCallback(connected -> exchange(endpoint, Reused.NO)));
    } catch (RuntimeException e) {
      connectFailed(e); // the pool or the reactor is closed
    }
  }

  private enum Reused {
    YES,
    NO
  }

  private void exchange(AsyncConnectionEndpoint endpoint, Reused reused) {
    if (!phase.compareAndSet(Phase.CONNECTING, Phase.SENT)) {
      release(Optional.empty());
      return;
    }
    recordEndOf(Phase.CONNECTING);
    phaseSince = System.nanoTime();
    HttpExchange.Listener listener =
        new HttpExchange.Listener() {
          @Override
          public void onResult(HttpCaller.Result result, Optional<Duration> keepAlive) {
            end(result, keepAlive);
          }

          @Override
          public void onBroken(Exception cause, Transferred transferred) {
            release(Optional.empty());
            boolean mayRetry =
                reused == Reused.YES
                    && (transferred == Transferred.NOTHING
                        || (transferred == Transferred.REQUEST
                            && outgoing.request().isRepeatable()
                            && cause instanceof IOException));
            if (mayRetry && phase.compareAndSet(Phase.SENT, Phase.CONNECTING)) {
              recordEndOf(Phase.SENT);
              retrying = true;
              start();
            } else {
              end(
                  failure(
                      Failure.UPSTREAM_PROTOCOL_ERROR, ResponseFault.describe(cause, transferred)),
                  Optional.empty());
            }
          }

          @Override
          public void onReleased(long sent, long received) {
            metrics.transferred(sent, received);
          }
        };
    HttpExchange exchange =
        new HttpExchange(
            outgoing.message().get(),
            outgoing.request().body(),
            server.config().maxResponseBody(),
            UpstreamClient.MAX_IDLE,
            listener);
    endpoint.execute(server.name(), exchange, null, HttpCoreContext.create());
  }

  private void connectFailed(Exception cause) {
    metrics.connectFailed(ConnectFailure.of(cause));
    end(
        new HttpCaller.Result.Failed(
            Failure.UPSTREAM_UNREACHABLE, Unreachable.describe(server, cause)),
        Optional.empty());
  }

  private void end(HttpCaller.Result result, Optional<Duration> keepAlive) {
    Phase before = phase.getAndSet(Phase.ENDED);
    recordEndOf(before);
    release(keepAlive);
    if (before != Phase.ENDED) {
      whenDone.accept(withServerName(result));
    }
  }

  /** Releases the connection to the pool, at most once. Closes it unless it may be kept. */
  private void release(Optional<Duration> keepAlive) {
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

  private HttpCaller.Result withServerName(HttpCaller.Result result) {
    if (result instanceof HttpCaller.Result.Failed failed
        && failed.failure() != Failure.UPSTREAM_UNREACHABLE) {
      return failure(
          failed.failure(),
          "upstream target '%s': %s %s"
              .formatted(server.name(), server.hostAndPort(), failed.message()));
    }
    return result;
  }

  /** Continues the call with the connection from the pool, or ends the call. */
  private final class PoolCallback implements FutureCallback<AsyncConnectionEndpoint> {

    private final Consumer<AsyncConnectionEndpoint> next;

    PoolCallback(Consumer<AsyncConnectionEndpoint> next) {
      this.next = next;
    }

    @Override
    public void completed(AsyncConnectionEndpoint endpoint) {
      next.accept(endpoint);
    }

    @Override
    public void failed(Exception cause) {
      connectFailed(cause);
    }

    /** Called only when the pool is closed. */
    @Override
    public void cancelled() {
      connectFailed(new IOException("the connection pool was closed"));
    }
  }
}
