package io.github.httplongcut.client;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Buffers;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitWritableByteChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The lowest layer of a connection's output, under Undertow's. On the I/O thread.
 *
 * <p>What Undertow cannot parse it answers with a bare 400 that no handler sees; here that becomes
 * {@code bad_request} like any other. It is known by its time: nothing else is written while no
 * request is being relayed. And a caller that takes no byte of its answer for too long, or reads it
 * too slowly, loses its connection: it holds memory that others could have.
 */
final class CallerSink extends AbstractStreamSinkConduit<StreamSinkConduit> {

  private static final Logger log = LoggerFactory.getLogger(CallerSink.class);

  /** For so long an answer may be read as slowly as the caller likes. */
  static final Duration SLOW_FOR = Duration.ofSeconds(10);

  /** After that, this much on average; since the socket's buffer was full for the first time. */
  static final int LEAST_BYTES_PER_SECOND = 1024;

  private final StreamConnection connection;
  private final StreamSourceConduit source;
  private final Duration writeTimeout;
  private final HttpDate date;
  private boolean relaying;
  private boolean answering;
  private boolean refused;
  private long fullAt;
  private long takenSince;
  private Optional<XnioExecutor.Key> slow = Optional.empty();
  private Optional<ByteBuffer> problem = Optional.empty();
  private Optional<XnioExecutor.Key> stuck = Optional.empty();

  private CallerSink(StreamConnection connection, Duration writeTimeout, HttpDate date) {
    super(connection.getSinkChannel().getConduit());
    this.connection = connection;
    this.source = connection.getSourceChannel().getConduit();
    this.writeTimeout = writeTimeout;
    this.date = date;
  }

  /** Puts it under all else; before Undertow sees the connection. */
  static void install(StreamConnection connection, Duration writeTimeout, HttpDate date) {
    connection.getSinkChannel().setConduit(new CallerSink(connection, writeTimeout, date));
  }

  /** From here on what is written is an answer of ours. */
  static void relaying(HttpServerExchange httpExchange) {
    of(httpExchange).relaying = true;
  }

  /** From here on what is written is the final answer. */
  static void answering(HttpServerExchange httpExchange) {
    of(httpExchange).answering = true;
  }

  /** That answer is written. */
  static void relayed(HttpServerExchange httpExchange) {
    CallerSink sink = of(httpExchange);
    sink.relaying = false;
    sink.answering = false;
    sink.slow.ifPresent(XnioExecutor.Key::remove);
    sink.slow = Optional.empty();
  }

  private static CallerSink of(HttpServerExchange httpExchange) {
    return (CallerSink)
        ((HttpServerConnection) httpExchange.getConnection()).getOriginalSinkConduit();
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    if (!relaying) {
      refuse();
      return 0;
    }
    int written = next.write(source);
    progress(written, source.hasRemaining());
    return written;
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    if (relaying) {
      long written = next.write(sources, offset, length);
      progress(written, Buffers.hasRemaining(sources, offset, length));
      return written;
    }
    refuse();
    return 0;
  }

  @Override
  public int writeFinal(ByteBuffer source) throws IOException {
    return Conduits.writeFinalBasic(this, source);
  }

  @Override
  public long writeFinal(ByteBuffer[] sources, int offset, int length) throws IOException {
    return Conduits.writeFinalBasic(this, sources, offset, length);
  }

  @Override
  public long transferFrom(FileChannel source, long position, long count) throws IOException {
    return source.transferTo(position, count, new ConduitWritableByteChannel(this));
  }

  @Override
  public long transferFrom(StreamSourceChannel source, long count, ByteBuffer through)
      throws IOException {
    return IoUtils.transfer(source, count, through, new ConduitWritableByteChannel(this));
  }

  @Override
  public boolean flush() throws IOException {
    return next.flush();
  }

  @Override
  public void resumeWrites() {
    if (!refused) {
      next.resumeWrites();
    }
  }

  @Override
  public void wakeupWrites() {
    if (!refused) {
      next.wakeupWrites();
    }
  }

  @Override
  public void terminateWrites() throws IOException {
    progress(1, false);
    next.terminateWrites();
  }

  @Override
  public void truncateWrites() throws IOException {
    progress(1, false);
    next.truncateWrites();
  }

  /**
   * Writes our answer instead of Undertow's, whose bytes it leaves: Undertow would close the
   * connection behind them at once. It waits to be told that they can be written, which never comes
   * once ours is. Undertow's timer for a head goes on, and may end the connection before {@link
   * Linger} does.
   */
  private void refuse() throws IOException {
    if (problem.isEmpty()) {
      problem = Optional.of(ByteBuffer.wrap(badRequest()));
    }
    if (problem.get().hasRemaining()) {
      progress(next.write(problem.get()), problem.get().hasRemaining());
    }
    if (!problem.get().hasRemaining() && !refused) {
      refused = true;
      // In a task of its own: Undertow still works on the channels.
      connection
          .getIoThread()
          .execute(() -> Linger.untilClosed(connection, next, source, () -> false));
    }
  }

  private byte[] badRequest() {
    UUID id = UUID.randomUUID();
    log.debug("event=malformed client_req_id={}", id);
    Response response =
        ProblemResponse.of(
            new EventError(
                Failure.BAD_REQUEST, "this is no HTTP/1.1 that can be relayed", Hop.CLIENT_AGENT),
            id,
            Optional.empty());
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(response.statusCode());
    head.append(' ').append(StatusCodes.getReason(response.statusCode())).append("\r\n");
    Headers headers = HeaderRules.withDate(response.headers(), date.now());
    for (Headers.Field field : headers.fields()) {
      head.append(field.name()).append(": ").append(field.values().get(0)).append("\r\n");
    }
    head.append("Content-Length: ").append(response.body().length()).append("\r\n");
    head.append("Connection: close\r\n\r\n");
    byte[] fields = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    return Buffers.take(
        ByteBuffer.allocate(fields.length + response.body().length())
            .put(fields)
            .put(response.body().asByteBuffer())
            .flip());
  }

  /** Each byte that goes gives the caller the whole time again. */
  private void progress(long written, boolean full) {
    takenSince += written;
    if (full && answering && slow.isEmpty()) {
      fullAt = System.nanoTime();
      takenSince = 0;
      slow = Optional.of(after(SLOW_FOR, this::cutIfSlow));
    }
    if (written > 0) {
      stuck.ifPresent(XnioExecutor.Key::remove);
      stuck = Optional.empty();
    } else if (stuck.isEmpty()) {
      stuck = Optional.of(after(writeTimeout, () -> IoUtils.safeClose(connection)));
    }
  }

  /** The caller has read as much as the socket has taken since it was full. */
  private void cutIfSlow() {
    double seconds = (System.nanoTime() - fullAt) / 1e9;
    if (takenSince < LEAST_BYTES_PER_SECOND * seconds) {
      log.debug("event=caller_too_slow bytes={} seconds={}", takenSince, Math.round(seconds));
      IoUtils.safeClose(connection);
    } else {
      slow = Optional.of(after(Duration.ofSeconds(1), this::cutIfSlow));
    }
  }

  private XnioExecutor.Key after(Duration time, Runnable then) {
    return connection.getIoThread().executeAfter(then, time.toMillis(), TimeUnit.MILLISECONDS);
  }
}
