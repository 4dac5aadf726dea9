package io.github.httplongcut.client;

import io.github.httplongcut.client.RequestReporter.Origin;
import io.github.httplongcut.client.accesslog.AccessEntry;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.net.InetSocketAddress;
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
 * Lowest layer of a connection's output, below Undertow's conduits. On the I/O thread.
 *
 * <ul>
 *   <li>Replaces Undertow's bare 400 for unparseable requests, which no handler sees, with our
 *       {@code bad_request} problem. The 400 is the only output of Undertow while no request is
 *       relayed.
 *   <li>Closes the connection of a caller that reads no byte of its answer for too long, or that
 *       reads too slowly: the answer takes up memory that other requests need.
 * </ul>
 */
final class CallerSink extends AbstractStreamSinkConduit<StreamSinkConduit> {

  private static final Logger log = LoggerFactory.getLogger(CallerSink.class);

  /**
   * Time after which the caller must have read the answer at {@link #MIN_BYTES_PER_SECOND} or more.
   */
  static final Duration GRACE_PERIOD = Duration.ofSeconds(10);

  /** Lowest average rate, measured since the socket's buffer was first full. */
  static final int MIN_BYTES_PER_SECOND = 1024;

  private final StreamConnection connection;
  private final StreamSourceConduit source;
  private final Duration writeTimeout;
  private final AnswerFields answerFields;
  private final RequestReporter reporter;
  private boolean relaying;
  private boolean answering;
  private boolean badRequestWritten;
  private long fullAt;
  private long writtenSinceFull;
  private Optional<XnioExecutor.Key> rateCheck = Optional.empty();
  private Optional<ByteBuffer> problem = Optional.empty();
  private Optional<XnioExecutor.Key> writeTimer = Optional.empty();

  private CallerSink(
      StreamConnection connection,
      Duration writeTimeout,
      AnswerFields answerFields,
      RequestReporter reporter) {
    super(connection.getSinkChannel().getConduit());
    this.connection = connection;
    this.source = connection.getSourceChannel().getConduit();
    this.writeTimeout = writeTimeout;
    this.answerFields = answerFields;
    this.reporter = reporter;
  }

  /** Installs a sink as the lowest layer. Must be called before Undertow sees the connection. */
  static void install(
      StreamConnection connection,
      Duration writeTimeout,
      AnswerFields answerFields,
      RequestReporter reporter) {
    connection
        .getSinkChannel()
        .setConduit(new CallerSink(connection, writeTimeout, answerFields, reporter));
  }

  /** A handler has taken the request: from now on Undertow writes only our answers. */
  static void startRelaying(HttpServerExchange httpExchange) {
    of(httpExchange).relaying = true;
  }

  /** From now on Undertow writes the final answer. */
  static void startAnswering(HttpServerExchange httpExchange) {
    of(httpExchange).answering = true;
  }

  /** The exchange is complete: its answer is written, or the connection is closed. */
  static void endRelaying(HttpServerExchange httpExchange) {
    CallerSink sink = of(httpExchange);
    sink.relaying = false;
    sink.answering = false;
    sink.rateCheck.ifPresent(XnioExecutor.Key::remove);
    sink.rateCheck = Optional.empty();
  }

  private static CallerSink of(HttpServerExchange httpExchange) {
    return (CallerSink)
        ((HttpServerConnection) httpExchange.getConnection()).getOriginalSinkConduit();
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    if (!relaying) {
      writeBadRequest();
      return 0;
    }
    int written = next.write(source);
    onWrite(written, source.hasRemaining());
    return written;
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    if (relaying) {
      long written = next.write(sources, offset, length);
      onWrite(written, Buffers.hasRemaining(sources, offset, length));
      return written;
    }
    writeBadRequest();
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
    if (!badRequestWritten) {
      next.resumeWrites();
    }
  }

  @Override
  public void wakeupWrites() {
    if (!badRequestWritten) {
      next.wakeupWrites();
    }
  }

  @Override
  public void terminateWrites() throws IOException {
    onWrite(1, false);
    next.terminateWrites();
  }

  @Override
  public void truncateWrites() throws IOException {
    onWrite(1, false);
    next.truncateWrites();
  }

  /**
   * Writes our answer instead of Undertow's. This method reports Undertow's bytes as not written,
   * because Undertow would close the connection right after them. Undertow then waits until it can
   * write, and this sink never tells it so. Undertow's timer for the request head keeps running,
   * and may close the connection before {@link Linger} does.
   */
  private void writeBadRequest() throws IOException {
    if (problem.isEmpty()) {
      problem = Optional.of(ByteBuffer.wrap(badRequest()));
    }
    if (problem.get().hasRemaining()) {
      onWrite(next.write(problem.get()), problem.get().hasRemaining());
    }
    if (!problem.get().hasRemaining() && !badRequestWritten) {
      badRequestWritten = true;
      // In a separate task: Undertow still uses the channels.
      connection
          .getIoThread()
          .execute(() -> Linger.untilClosed(connection, next, source, () -> false));
    }
  }

  private byte[] badRequest() {
    UUID id = UUID.randomUUID();
    log.debug("event=malformed client_req_id={}", id);
    EventError error =
        new EventError(
            Failure.BAD_REQUEST,
            "the request is not valid HTTP/1.1, or cannot be relayed",
            Hop.CLIENT_AGENT);
    Response response = answerFields.complete(ProblemResponse.of(error, id, Optional.empty()), id);
    reporter.malformed(
        id,
        new Origin(connection.getPeerAddress(InetSocketAddress.class), System.nanoTime()),
        new AccessEntry.Result(
            error.failure().code(), response.statusCode(), 0, response.body().length(), 0));
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(response.statusCode());
    head.append(' ').append(StatusCodes.getReason(response.statusCode())).append("\r\n");
    for (Headers.Field field : response.headers().fields()) {
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

  /**
   * Records what the socket has taken. Any written byte restarts the write timeout.
   *
   * @param full true if the socket's buffer is full
   */
  private void onWrite(long written, boolean full) {
    writtenSinceFull += written;
    if (full && answering && rateCheck.isEmpty()) {
      fullAt = System.nanoTime();
      writtenSinceFull = 0;
      rateCheck = Optional.of(after(GRACE_PERIOD, this::closeIfSlow));
    }
    if (written > 0) {
      writeTimer.ifPresent(XnioExecutor.Key::remove);
      writeTimer = Optional.empty();
    } else if (writeTimer.isEmpty()) {
      writeTimer = Optional.of(after(writeTimeout, () -> IoUtils.safeClose(connection)));
    }
  }

  /**
   * Closes the connection if the caller reads too slowly. The caller has read as many bytes as the
   * socket has taken since its buffer was first full.
   */
  private void closeIfSlow() {
    double seconds = (System.nanoTime() - fullAt) / 1e9;
    if (writtenSinceFull < MIN_BYTES_PER_SECOND * seconds) {
      log.debug("event=caller_too_slow bytes={} seconds={}", writtenSinceFull, Math.round(seconds));
      IoUtils.safeClose(connection);
    } else {
      rateCheck = Optional.of(after(Duration.ofSeconds(1), this::closeIfSlow));
    }
  }

  private XnioExecutor.Key after(Duration delay, Runnable task) {
    return connection.getIoThread().executeAfter(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }
}
