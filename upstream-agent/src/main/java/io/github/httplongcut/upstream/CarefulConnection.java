package io.github.httplongcut.upstream;

import java.io.IOException;
import org.apache.hc.core5.http.impl.nio.ClientHttp1IOEventHandler;
import org.apache.hc.core5.http.impl.nio.ClientHttp1StreamDuplexer;
import org.apache.hc.core5.reactor.IOSession;

/**
 * HttpCore's handler of one connection, which reads before it gives a connection up.
 *
 * <ul>
 *   <li>Before it writes a request. If the server has closed a used connection meanwhile, HttpCore
 *       might write first and read the end afterwards; whether the request ran is then anybody's
 *       guess. So it reads the end first, and the request goes to a new connection, unwritten. What
 *       the server had sent too much ends a connection in the same way.
 *   <li>After it failed to write a request. A server that refuses an upload after its head answers
 *       and closes; TCP then resets the connection (RFC 9112 section 9.6). The answer came before
 *       the reset, so it can still be read.
 * </ul>
 */
final class CarefulConnection extends ClientHttp1IOEventHandler {

  private final AnswerFraming framing;

  /**
   * @param framing the one that {@code protocol} uses
   */
  CarefulConnection(ClientHttp1StreamDuplexer protocol, AnswerFraming framing) {
    super(protocol);
    this.framing = framing;
  }

  /** HttpCore writes a connection's first request from here. */
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
    if (framing.cutOffRequest()) {
      readAll(session, cause);
    }
  }

  /** All that the server had sent has come already: none of it follows a reset. */
  private void readAll(IOSession session, IOException cause) {
    try {
      long before;
      do {
        before = received();
        inputReady(session, null);
      } while (isOpen() && received() > before);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private long received() {
    return getEndpointDetails().getReceivedBytesCount();
  }
}
