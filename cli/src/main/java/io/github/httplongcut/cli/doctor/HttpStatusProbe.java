package io.github.httplongcut.cli.doctor;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.cli.doctor.TlsHandshake.Verify;
import io.github.httplongcut.tls.TlsContexts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends one GET request, and reads no more than the status line of the response. */
final class HttpStatusProbe {

  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})( .*)?");
  private static final int MAX_LINE = 1_024;

  private HttpStatusProbe() {}

  /**
   * Returns the status of the response.
   *
   * @param tls TLS settings of an https server; empty for http
   * @throws IOException if there is no HTTP response in time
   */
  static int status(TargetAddress server, Optional<AmqpConfig.Tls> tls, String path)
      throws IOException {
    try (Socket socket =
        tls.isPresent()
            ? encrypted(server, tls.get())
            : PlainSocket.connect(server.host(), server.port())) {
      String request =
          "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAccept: */*\r\n\r\n"
              .formatted(path, server.authority());
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      socket.getOutputStream().flush();
      String line = line(socket.getInputStream());
      Matcher status = STATUS_LINE.matcher(line);
      if (!status.matches()) {
        throw new IOException("the answer is not HTTP/1.1: \"" + line + '"');
      }
      return Integer.parseInt(status.group(1));
    }
  }

  private static Socket encrypted(TargetAddress server, AmqpConfig.Tls tls) throws IOException {
    Verify strictest = TlsContexts.verifies(server.host()) ? Verify.CA_AND_HOST : Verify.CA;
    return TlsHandshake.connect(
        server.host(), server.port(), tls, tls.insecure() ? Verify.NOTHING : strictest);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    while (next >= 0 && next != '\n' && line.size() < MAX_LINE) {
      if (next != '\r') {
        line.write(next);
      }
      next = in.read();
    }
    return line.toString(ISO_8859_1);
  }
}
