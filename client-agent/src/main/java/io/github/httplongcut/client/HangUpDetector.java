package io.github.httplongcut.client;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * Detects that a caller hangs up while it waits for its answer. Undertow does not read from the
 * connection then, and would not notice. On the I/O thread, like the answer, so that no probe is
 * written between the answer's bytes.
 *
 * <p>A reset closes the connection at once. A FIN only means that the caller sends nothing more: a
 * caller that half-closed its socket still reads, a caller that closed it does not. To tell them
 * apart, the detector writes {@code 100 Continue}, which clients discard (RFC 9110 section 15.2),
 * at each of {@link #PROBES} until the answer comes. A closed socket answers a probe with a reset,
 * and the next write fails and closes the connection. Nothing else reveals the reset: a socket that
 * has read the FIN reads no error, and Java has no {@code SO_ERROR}.
 */
final class HangUpDetector {

  /**
   * Times of the probes after the FIN. The second probe detects most callers that are gone. The
   * later probes detect callers that are far away, or that close their socket later. There are no
   * more than five because clients limit the number of interim answers (Go: five).
   */
  static final List<Duration> PROBES =
      List.of(
          Duration.ZERO,
          Duration.ofMillis(100),
          Duration.ofSeconds(1),
          Duration.ofSeconds(4),
          Duration.ofSeconds(16));

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final HttpServerConnection connection;
  private final ConduitStreamSourceChannel source;
  private final boolean probing;
  private final Runnable onLastRequest;
  private Optional<XnioExecutor.Key> nextProbe = Optional.empty();

  private HangUpDetector(HttpServerConnection connection, boolean probing, Runnable onLastRequest) {
    this.connection = connection;
    this.source = connection.getChannel().getSourceChannel();
    this.probing = probing;
    this.onLastRequest = onLastRequest;
  }

  /**
   * Watches the connection until {@link #stop}, and closes it when the caller is gone. Called when
   * the request is complete.
   *
   * @param probing false if the caller knows no interim answers (HTTP/1.0), or if the request goes
   *     on without its caller
   * @param onLastRequest is called when a FIN arrives: no further request follows
   */
  static HangUpDetector watch(
      HttpServerConnection connection, boolean probing, Runnable onLastRequest) {
    HangUpDetector detector = new HangUpDetector(connection, probing, onLastRequest);
    if (connection.getExtraBytes() == null) { // else the caller has sent its next request
      // The conduit that framed the request's content hides everything behind it, even the FIN.
      detector.source.setConduit(connection.getOriginalSourceConduit());
      detector.source.setReadListener(unused -> detector.onReadable());
      detector.source.resumeReads();
    }
    return detector;
  }

  /** Ends the watch and leaves the connection to Undertow. */
  void stop() {
    stopReading();
    nextProbe.ifPresent(XnioExecutor.Key::remove);
    nextProbe = Optional.empty();
  }

  private void stopReading() {
    source.setReadListener(null);
    source.suspendReads();
  }

  private void onReadable() {
    PooledByteBuffer pooled = connection.getByteBufferPool().allocate();
    int read;
    try {
      read = source.read(pooled.getBuffer());
    } catch (IOException e) {
      pooled.close();
      close();
      return;
    }
    if (read > 0) { // a pipelined request: Undertow parses it after this answer
      stopReading();
      pooled.getBuffer().flip();
      connection.setExtraBytes(pooled);
      return;
    }
    pooled.close();
    if (read < 0) {
      onFin();
    }
  }

  private void onFin() {
    stopReading();
    onLastRequest.run();
    if (probing) {
      probe(0);
    }
  }

  private void probe(int number) {
    if (!connection.isOpen()) {
      return;
    }
    try {
      ByteBuffer interim = ByteBuffer.wrap(CONTINUE);
      connection.getOriginalSinkConduit().write(interim);
      if (interim.hasRemaining()) { // the caller has not read earlier answers either
        close();
        return;
      }
    } catch (IOException e) {
      close();
      return;
    }
    int next = number + 1;
    if (next < PROBES.size()) {
      Duration pause = PROBES.get(next).minus(PROBES.get(number));
      nextProbe =
          Optional.of(
              connection
                  .getIoThread()
                  .executeAfter(() -> probe(next), pause.toMillis(), TimeUnit.MILLISECONDS));
    }
  }

  private void close() {
    stop();
    IoUtils.safeClose(connection);
  }
}
