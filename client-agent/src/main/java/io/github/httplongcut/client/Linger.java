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
 * Lets a caller who was refused go on sending, so that it can read the answer (RFC 9112 section
 * 9.6): closing a socket with unread bytes resets it, and a reset discards what the caller has not
 * read yet. What comes is discarded. On the I/O thread.
 *
 * <p>It ends, and the connection with it, like nginx's {@code lingering_time} and {@code
 * lingering_timeout}:
 *
 * <ul>
 *   <li>when the caller closes its side;
 *   <li>after {@link #LONGEST};
 *   <li>when nothing comes for {@link #LONGEST_PAUSE}, if the connection is to be closed anyway;
 *   <li>after {@link #LONGEST_DRAINING} when the process drains.
 * </ul>
 *
 * <p>No number of bytes is a limit: the answer is lost whenever unread bytes are left.
 */
final class Linger {

  static final Duration LONGEST = Duration.ofSeconds(30);
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  static final Duration LONGEST_DRAINING = Duration.ofSeconds(1);

  private static final Duration CHECK = Duration.ofMillis(500);
  private static final int BUFFER_BYTES = 16 * 1024;

  /** Buffers read at once, so that one fast sender does not keep the thread for itself. */
  private static final int BUFFERS_AT_ONCE = 16;

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
   * Closes the connection in time, unless {@link #stop} is called first. Undertow discards the
   * bytes, and keeps the connection once the request is complete.
   */
  static Linger whileUndertowReads(StreamConnection connection, BooleanSupplier draining) {
    return new Linger(connection, draining);
  }

  /**
   * Ends the output, discards what comes, and closes the connection. The answer is written.
   *
   * @param sink the connection's own, which frames nothing, and so is the source
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
      for (int i = 0; i < BUFFERS_AT_ONCE && read > 0; i++) {
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
        connection.getIoThread().executeAfter(this::check, CHECK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void check() {
    if (stopped || !connection.isOpen()) {
      return;
    }
    long now = System.nanoTime();
    Duration longest = draining.getAsBoolean() ? LONGEST_DRAINING : LONGEST;
    boolean paused = discarding && now - lastReadAt >= LONGEST_PAUSE.toNanos();
    if (paused || now - begun >= longest.toNanos()) {
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
