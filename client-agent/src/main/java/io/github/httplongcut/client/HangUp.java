package io.github.httplongcut.client;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import org.xnio.IoUtils;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * Listens on a connection whose caller waits for an answer: Undertow itself would not read, and so
 * not notice the end. Half-closed counts as closed, as with most servers. On the I/O thread.
 */
final class HangUp {

  private final HttpServerConnection connection;
  private final ConduitStreamSourceChannel source;

  private HangUp(HttpServerConnection connection) {
    this.connection = connection;
    this.source = connection.getChannel().getSourceChannel();
  }

  /** Closes the connection when its caller does, until {@link #stop}; the request is complete. */
  static HangUp watch(HttpServerConnection connection) {
    HangUp hangUp = new HangUp(connection);
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
    source.setReadListener(null);
    source.suspendReads();
  }

  private void onReadable() {
    PooledByteBuffer pooled = connection.getByteBufferPool().allocate();
    int read;
    try {
      read = source.read(pooled.getBuffer());
    } catch (IOException e) {
      read = -1;
    }
    if (read > 0) { // a pipelined request: Undertow parses it after this one's answer
      stop();
      pooled.getBuffer().flip();
      connection.setExtraBytes(pooled);
      return;
    }
    pooled.close();
    if (read < 0) {
      stop();
      IoUtils.safeClose(connection);
    }
  }
}
