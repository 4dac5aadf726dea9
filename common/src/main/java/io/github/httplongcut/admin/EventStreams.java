package io.github.httplongcut.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All open streams of server-sent events, and the one thread that polls their sources. */
final class EventStreams implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(EventStreams.class);

  /** Further streams get 503. */
  static final int MAX_STREAMS = 20;

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final EventStream.Limits limits;
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(1, EventStreams::newThread);

  /** Open streams and the schedule of their polls. */
  @GuardedBy("this")
  private final Map<EventStream, Future<?>> open = new HashMap<>();

  /** Streams that are being opened. */
  @GuardedBy("this")
  private int opening;

  @GuardedBy("this")
  private boolean isClosed;

  EventStreams(EventStream.Limits limits) {
    this.limits = limits;
    thread.setRemoveOnCancelPolicy(true);
  }

  private static Thread newThread(Runnable work) {
    Thread thread = new Thread(work, "admin-stream");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Returns a handler that opens a stream, for those whom {@link AccessGuard} lets pass.
   *
   * @param query returns the query of a request
   */
  HttpHandler handler(EventSources sources, Function<HttpServerExchange, PageQuery> query) {
    return exchange -> {
      if (!reserve()) {
        AdminPages.send(
            exchange,
            PageAnswer.error(
                StatusCodes.SERVICE_UNAVAILABLE,
                "too_many_streams",
                "this process serves at most " + MAX_STREAMS + " streams: close a page"));
        return;
      }
      boolean isOpen = false;
      try {
        EventSource source = sources.open(query.apply(exchange));
        open(exchange, new EventStream(exchange, source, limits));
        isOpen = true;
      } finally {
        if (!isOpen) {
          release();
        }
      }
    };
  }

  private synchronized boolean reserve() {
    boolean hasRoom = !isClosed && open.size() + opening < MAX_STREAMS;
    opening += hasRoom ? 1 : 0;
    return hasRoom;
  }

  private synchronized void release() {
    opening--;
  }

  private void open(HttpServerExchange exchange, EventStream stream) throws IOException {
    stream.prepare();
    if (exchange.getRequestMethod().equals(Methods.HEAD)) {
      release();
      return;
    }
    // The exchange stays open: this task does not end it, and the I/O thread closes the connection.
    Runnable start = () -> start(exchange, stream);
    exchange.dispatch(exchange.getIoThread(), start);
  }

  private void start(HttpServerExchange exchange, EventStream stream) {
    exchange.getConnection().addCloseListener(connection -> forget(stream));
    synchronized (this) {
      opening--;
      if (!isClosed && exchange.getConnection().isOpen()) {
        open.put(
            stream,
            thread.scheduleWithFixedDelay(
                () -> tick(stream), 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
        return;
      }
    }
    stream.close();
  }

  private void tick(EventStream stream) {
    try {
      stream.tick(System.nanoTime());
    } catch (RuntimeException | Error bug) {
      log.error("event=bug page={}", stream.page(), bug);
      stream.close();
    }
  }

  private synchronized void forget(EventStream stream) {
    Future<?> polls = open.remove(stream);
    if (polls != null) {
      polls.cancel(false);
    }
  }

  /** Closes all streams. Further ones get 503. */
  @Override
  public void close() {
    List<EventStream> all;
    synchronized (this) {
      isClosed = true;
      all = List.copyOf(open.keySet());
    }
    thread.shutdownNow();
    all.forEach(EventStream::close);
  }
}
