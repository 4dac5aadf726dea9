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
 * Listens on a connection whose caller waits for an answer: Undertow itself would not read, and so
 * not notice the end. On the I/O thread, as the answer is, so that nothing is written between its
 * bytes.
 *
 * <p>A reset closes the connection at once. A FIN says only that the caller sends nothing more: one
 * that half-closed still reads, one that closed its socket does not. TCP tells them apart when the
 * caller is sent something: a closed socket answers with a reset. So the caller is sent {@code 100
 * Continue}, which a client discards (RFC 9110 section 15.2), at each of {@link #PROBES} until the
 * answer comes. The write after the reset fails, and closes the connection: nothing else shows the
 * reset, since a socket that has read the FIN reads no error, and Java has no {@code SO_ERROR}.
 */
final class HangUpDetector {

  /**
   * Times after the FIN. The second finds callers that are gone; the later ones those that are far
   * away, or go later. Not more: a client may take only so many interim answers (Go: five).
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
   * Closes the connection when its caller is found to be gone, until {@link #stop}. The request is
   * complete.
   *
   * @param probing false if the caller takes no interim answers (HTTP/1.0), or nobody needs to know
   *     that it is gone
   * @param onLastRequest is called when the caller has said that it sends nothing more
   */
  static HangUpDetector watch(
      HttpServerConnection connection, boolean probing, Runnable onLastRequest) {
    HangUpDetector hangUp = new HangUpDetector(connection, probing, onLastRequest);
    if (connection.getExtraBytes() == null) { // else the next request is here: the caller lives
      // What framed the request's content lets nothing through any more, not even the end.
      hangUp.source.setConduit(connection.getOriginalSourceConduit());
      hangUp.source.setReadListener(unused -> hangUp.onReadable());
      hangUp.source.resumeReads();
    }
    return hangUp;
  }

  /** From now on the connection is Undertow's again. */
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
    if (read > 0) { // a pipelined request: Undertow parses it after this one's answer
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
      if (interim.hasRemaining()) { // it does not read the answers before this one either
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
