package io.github.httplongcut.system.fidelity;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A caller on a bare socket: says what a case says, and notes every byte that comes back. */
final class RawCaller {

  private static final int PATIENCE_MS = 15_000;

  /**
   * What came back.
   *
   * @param interim the 1xx answers, in order
   * @param answers the others, in order
   */
  record Heard(List<RawMessage> interim, List<RawMessage> answers) {}

  private RawCaller() {}

  /**
   * Plays a case's caller.
   *
   * @throws IOException if what comes is not exactly so many well-formed answers, or the connection
   *     is not closed where the case says so
   */
  static Heard call(int port, Case script) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MS);
      WireReader reader = new WireReader(socket.getInputStream());
      List<RawMessage> heard = new ArrayList<>();
      for (int i = 0; i < script.says().size(); i++) {
        if (i > 0) {
          heard.add(next(reader, script.method()));
        }
        say(socket.getOutputStream(), script.says().get(i));
      }
      while (heard.stream().filter(message -> message.status() >= 200).count()
          < script.expectedAnswers()) {
        heard.add(next(reader, script.method()));
      }
      if (!script.closes()) {
        socket.shutdownOutput();
      }
      String excess = rest(reader);
      if (!excess.isEmpty()) {
        throw new WireReader.MalformedException("more than was expected: " + excess);
      }
      return new Heard(
          heard.stream().filter(message -> message.status() < 200).toList(),
          heard.stream().filter(message -> message.status() >= 200).toList());
    }
  }

  private static String rest(WireReader reader) throws IOException {
    try {
      return reader.rest();
    } catch (SocketException e) {
      return ""; // reset: what it had refused to read was still on its way
    }
  }

  private static RawMessage next(WireReader reader, String method) throws IOException {
    Optional<RawMessage> message = reader.response(method);
    return message.orElseThrow(() -> new IOException("closed without an answer"));
  }

  private static void say(OutputStream out, String bytes) {
    try {
      out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    } catch (IOException e) {
      // Refused before all was said: the answer tells.
    }
  }
}
