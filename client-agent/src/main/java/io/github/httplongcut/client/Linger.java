package io.github.httplongcut.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Keeps a connection open after a refusal and discards what the caller still sends, so that the
 * caller can read the answer (RFC 9112 section 9.6). Closing a socket with unread bytes resets the
 * connection, and a reset discards the part of the answer that the caller has not read yet. On the
 * I/O thread.
 *
 * <p>Like nginx's {@code lingering_time} and {@code lingering_timeout}, closes the connection:
 *
 * <ul>
 *   <li>when the caller closes its side;
 *   <li>after {@link #MAX_DURATION};
 *   <li>when nothing arrives for {@link #MAX_PAUSE}, if the connection cannot be kept;
 *   <li>after {@link #MAX_DURATION_DRAINING} while the process drains.
 * </ul>
 *
 * <p>The number of discarded bytes is not limited: any unread byte at the close can lose the
 * answer.
 */
final class Linger {

  static final Duration MAX_DURATION = Duration.ofSeconds(30);
  static final Duration MAX_PAUSE = Duration.ofSeconds(5);
  static final Duration MAX_DURATION_DRAINING = Duration.ofSeconds(1);

  private static final Duration CHECK_INTERVAL = Duration.ofMillis(500);
  private static final int BUFFER_BYTES = 16 * 1024;

  /** Maximum number of buffers read in a row, so that a fast sender does not occupy the thread. */
  private static final int MAX_BUFFERS_IN_A_ROW = 16;

  private final StreamConnection connection;
  private final BooleanSupplier draining;
  private final long begun = System.nanoTime();
  private long lastReadAt = begun;
  private boolean discarding;
  private boolean stopped;
  private XnioExecutor.Key timer;

  private Linger(StreamConnection connection, BooleanSupplier draining) {
    this.connection = connection;
    this.draining = draining;
    awaitNextCheck();
  }

  /**
   * Closes the connection after the maximum duration, unless {@link #stop} is called first.
   * Undertow discards the bytes, and keeps the connection if the request becomes complete.
   */
  static Linger whileUndertowReads(StreamConnection connection, BooleanSupplier draining) {
    return new Linger(connection, draining);
  }

  /**
   * Ends the output, discards the input, and then closes the connection. Called when the answer is
   * written.
   *
   * @param sink the connection's lowest sink, without HTTP framing
   * @param source the connection's lowest source, without HTTP framing
   */
  static void untilClosed(
      StreamConnection connection,
      StreamSinkConduit sink,
      StreamSourceConduit source,
      BooleanSupplier draining) {
    Linger linger = new Linger(connection, draining);
    try {
      sink.terminateWrites();
      linger.discard(source);
    } catch (IOException e) {
      linger.close();
    }
  }

  void stop() {
    stopped = true;
    timer.remove();
  }

  private void discard(StreamSourceConduit source) {
    discarding = true;
    ConduitStreamSourceChannel channel = connection.getSourceChannel();
    channel.setConduit(source);
    channel.setReadListener(unused -> read(channel));
    channel.resumeReads();
  }

  private void read(ConduitStreamSourceChannel channel) {
    try {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      int read = 1;
      for (int i = 0; i < MAX_BUFFERS_IN_A_ROW && read > 0; i++) {
        read = channel.read(buffer.clear());
      }
      lastReadAt = System.nanoTime();
      if (read < 0) {
        close();
      }
    } catch (IOException e) {
      close();
    }
  }

  private void awaitNextCheck() {
    timer =
        connection
            .getIoThread()
            .executeAfter(this::check, CHECK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void check() {
    if (stopped || !connection.isOpen()) {
      return;
    }
    long now = System.nanoTime();
    Duration maxDuration = draining.getAsBoolean() ? MAX_DURATION_DRAINING : MAX_DURATION;
    boolean paused = discarding && now - lastReadAt >= MAX_PAUSE.toNanos();
    if (paused || now - begun >= maxDuration.toNanos()) {
      close();
    } else {
      awaitNextCheck();
    }
  }

  private void close() {
    stop();
    IoUtils.safeClose(connection);
  }
}
