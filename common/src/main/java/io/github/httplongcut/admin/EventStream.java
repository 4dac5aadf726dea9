package io.github.httplongcut.admin;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.Options;
import org.xnio.channels.StreamSinkChannel;

/**
 * One open stream of server-sent events. The thread of the streams calls {@link #tick}; the I/O
 * thread writes. At most the events of one poll wait to be written, since the source is not polled
 * meanwhile.
 */
final class EventStream {

  /**
   * Time limits of a stream.
   *
   * @param write time for the peer to read the events of one poll
   * @param comment time without an event after which a comment shows that the stream lives
   */
  record Limits(Duration write, Duration comment) {}

  private static final Logger log = LoggerFactory.getLogger(EventStream.class);

  /** Tells nginx to pass each event on at once. */
  private static final HttpString BUFFERING = new HttpString("X-Accel-Buffering");

  private static final byte[] COMMENT = ": no event\n\n".getBytes(StandardCharsets.UTF_8);

  /** Longest events of one poll. */
  private static final int MAX_BYTES = 4 << 20;

  private final HttpServerExchange exchange;
  private final EventSource source;
  private final Limits limits;

  /** Returns false once the token or the session of the peer does not hold any more. */
  private final BooleanSupplier isAllowed;

  /** Set by the thread of the streams, and reset by the I/O thread once all is written. */
  private volatile boolean writing;

  /** Start of the last writing. Used by the thread of the streams only. */
  private long writeStartedNanos;

  /** Used by the I/O thread only; null until the first write. */
  private StreamSinkChannel channel;

  EventStream(HttpServerExchange exchange, EventSource source, Limits limits) {
    this.exchange = exchange;
    this.source = source;
    this.limits = limits;
    this.isAllowed = AccessGuard.of(exchange).isStillValid();
  }

  /** Prepares the response. The time limits of the server's other responses do not hold for it. */
  void prepare() throws IOException {
    SecurityHeaders.add(exchange);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/event-stream");
    exchange.getResponseHeaders().put(BUFFERING, "no");
    exchange.setPersistent(false);
    exchange.getConnection().setOption(Options.WRITE_TIMEOUT, 0);
  }

  /** Polls the source and starts to write its events; closes a stream whose peer does not read. */
  void tick(long nowNanos) {
    if (!isAllowed.getAsBoolean()) {
      close();
    } else if (writing) {
      if (nowNanos - writeStartedNanos >= limits.write.toNanos()) {
        log.info("event=admin_stream_closed page={} why=slow_reader", page());
        close();
      }
    } else {
      byte[] events = encode(source.poll());
      boolean isQuiet = nowNanos - writeStartedNanos >= limits.comment.toNanos();
      if (events.length > 0 || isQuiet) {
        writeStartedNanos = nowNanos;
        writing = true;
        ByteBuffer bytes = ByteBuffer.wrap(events.length > 0 ? events : COMMENT);
        exchange.getIoThread().execute(() -> write(bytes));
      }
    }
  }

  private static byte[] encode(List<ServerSentEvent> events) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.encoded()));
    if (text.length() > MAX_BYTES) {
      throw new IllegalStateException("events of " + text.length() + " characters in one poll");
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void write(ByteBuffer bytes) {
    if (channel == null) {
      channel = exchange.getResponseChannel();
    }
    channel.getWriteSetter().set(writable -> writeRest(bytes));
    writeRest(bytes);
  }

  private void writeRest(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        if (channel.write(bytes) == 0) {
          channel.resumeWrites();
          return;
        }
      }
      if (channel.flush()) {
        channel.suspendWrites();
        writing = false;
      } else {
        channel.resumeWrites();
      }
    } catch (IOException e) {
      IoUtils.safeClose(exchange.getConnection()); // The peer is gone.
    }
  }

  /** Closes the connection. The browser connects again. */
  void close() {
    exchange.getIoThread().execute(() -> IoUtils.safeClose(exchange.getConnection()));
  }

  /** Returns the page's path, for the log. */
  String page() {
    return exchange.getResolvedPath();
  }
}
