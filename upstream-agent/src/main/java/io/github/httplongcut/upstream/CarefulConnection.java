package io.github.httplongcut.upstream;

import java.io.IOException;
import org.apache.hc.core5.http.impl.nio.ClientHttp1IOEventHandler;
import org.apache.hc.core5.http.impl.nio.ClientHttp1StreamDuplexer;
import org.apache.hc.core5.reactor.IOSession;

/**
 * HttpCore's handler of one connection, which looks what has come before it writes a request. If
 * the server has closed a used connection meanwhile, HttpCore might write first and read the end
 * afterwards; whether the request ran is then anybody's guess. So it reads the end first, and the
 * request goes to a new connection, unwritten. What the server had sent too much ends a connection
 * in the same way.
 */
final class CarefulConnection extends ClientHttp1IOEventHandler {

  CarefulConnection(ClientHttp1StreamDuplexer protocol) {
    super(protocol);
  }

  @Override
  public void outputReady(IOSession session) throws IOException {
    if (session.hasCommands()) {
      inputReady(session, null);
    }
    super.outputReady(session);
  }
}
