package io.github.httplongcut.upstream.http;

import java.io.IOException;
import org.apache.hc.core5.http.impl.nio.ClientHttp1IOEventHandler;
import org.apache.hc.core5.http.impl.nio.ClientHttp1StreamDuplexer;
import org.apache.hc.core5.reactor.IOSession;

/**
 * HttpCore's event handler of one connection, with two additional reads.
 *
 * <ul>
 *   <li>Before a request is written. The server may have closed an idle connection. HttpCore could
 *       write the request first and then read the end of the connection; the request may or may not
 *       have run then. Because this handler reads first, nothing is written, and the request goes
 *       to a new connection. Unsolicited bytes from the server end the connection in the same way.
 *   <li>After a request could not be written. A server that refuses an upload after reading its
 *       head responds and closes, and TCP then resets the connection (RFC 9112 section 9.6). The
 *       response arrived before the reset, so it can still be read.
 * </ul>
 */
final class ConnectionHandler extends ClientHttp1IOEventHandler {

  private final ResponseFraming framing;

  /**
   * @param framing the framing that {@code protocol} uses
   */
  ConnectionHandler(ClientHttp1StreamDuplexer protocol, ResponseFraming framing) {
    super(protocol);
    this.framing = framing;
  }

  /**
   * Called when the connection is established; HttpCore writes the first request in this method.
   */
  @Override
  public void connected(IOSession session) throws IOException {
    try {
      super.connected(session);
    } catch (IOException e) {
      onWriteFailed(session, e);
      throw e;
    }
  }

  @Override
  public void outputReady(IOSession session) throws IOException {
    if (session.hasCommands()) {
      inputReady(session, null);
    }
    try {
      super.outputReady(session);
    } catch (IOException e) {
      onWriteFailed(session, e);
      throw e;
    }
  }

  private void onWriteFailed(IOSession session, IOException cause) {
    if (framing.onWriteFailed()) {
      readReceived(session, cause);
    }
  }

  /** Reads all bytes that have arrived. No more can follow, since a reset is the last event. */
  private void readReceived(IOSession session, IOException cause) {
    try {
      long before;
      do {
        before = receivedBytes();
        inputReady(session, null);
      } while (isOpen() && receivedBytes() > before);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private long receivedBytes() {
    return getEndpointDetails().getReceivedBytesCount();
  }
}
