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

/**
 * A caller on a plain socket that sends the requests of a case and reads the responses byte by
 * byte.
 */
final class RawCaller {

  private static final int PATIENCE_MS = 15_000;

  /**
   * The responses to a case.
   *
   * @param interim the 1xx responses, in order
   * @param answers the final responses, in order
   */
  record Received(List<RawMessage> interim, List<RawMessage> answers) {}

  private RawCaller() {}

  /**
   * Sends the requests of a case and reads the responses.
   *
   * @throws IOException if there are more or fewer responses than expected, if a response is
   *     malformed, or if the connection is not closed although the case expects it
   */
  static Received call(int port, Case script) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MS);
      WireReader reader = new WireReader(socket.getInputStream());
      List<RawMessage> messages = new ArrayList<>();
      for (int i = 0; i < script.sends().size(); i++) {
        if (i > 0) {
          messages.add(next(reader, script.method()));
        }
        send(socket.getOutputStream(), script.sends().get(i));
      }
      while (messages.stream().filter(message -> message.status() >= 200).count()
          < script.expectedAnswers()) {
        messages.add(next(reader, script.method()));
      }
      if (!script.closes()) {
        socket.shutdownOutput();
      }
      String excess = rest(reader);
      if (!excess.isEmpty()) {
        throw new WireReader.MalformedException(
            "unexpected data after the last response: " + excess);
      }
      return new Received(
          messages.stream().filter(message -> message.status() < 200).toList(),
          messages.stream().filter(message -> message.status() >= 200).toList());
    }
  }

  private static String rest(WireReader reader) throws IOException {
    try {
      return reader.rest();
    } catch (SocketException e) {
      return ""; // reset: the client agent closed with unread data in its buffer
    }
  }

  private static RawMessage next(WireReader reader, String method) throws IOException {
    Optional<RawMessage> message = reader.response(method);
    return message.orElseThrow(() -> new IOException("closed without a response"));
  }

  private static void send(OutputStream out, String bytes) {
    try {
      out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    } catch (IOException e) {
      // The client agent refused the request before it was sent completely; the response is read
      // later.
    }
  }
}
