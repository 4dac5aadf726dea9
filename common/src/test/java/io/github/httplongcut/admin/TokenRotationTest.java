package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The token changes right after it was read for the first time. No address is a loopback one. */
final class TokenRotationTest {

  private static final String OLD = "an-old-token-of-the-test";
  private static final String NEW = "a-new-token-of-the-test";

  private final AtomicInteger reads = new AtomicInteger();
  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final AdminPages pages =
      new AdminPages(
          new Readiness(),
          metrics,
          new AdminAccess(Optional.of(this::token), address -> false),
          AdminServerTest.LIMITS);
  private final AdminListener listener =
      new AdminListener(new AdminConfig("127.0.0.1", 0), AdminServerTest.LIMITS, pages.handler());

  private AdminToken token() {
    return new AdminToken(reads.getAndIncrement() == 0 ? OLD : NEW);
  }

  @BeforeEach
  void start() {
    pages.add("/api/x", query -> PageAnswer.text("secret"));
    pages.addStream("/api/stream", query -> () -> List.of(new ServerSentEvent("secret", "1")));
    listener.start();
  }

  @AfterEach
  void close() {
    pages.endStreams();
    listener.close();
    metrics.close();
  }

  @Test
  void theOldTokenOpensNoSessionThatSurvivesTheChange() throws IOException {
    String form = "token=" + OLD;
    String answer =
        exchange("POST /login HTTP/1.1", "Content-Length: " + form.length() + "\r\n", form);
    assertThat(answer).startsWith("HTTP/1.1 303").contains("Set-Cookie: longcut_admin=");
    String cookie = answer.replaceAll("(?s).*Set-Cookie: ([^;]*);.*", "Cookie: $1\r\n");

    assertThat(exchange("GET /api/x HTTP/1.1", cookie, "")).startsWith("HTTP/1.1 401");
  }

  @Test
  void theOldTokenOpensNoStreamThatSurvivesTheChange() throws IOException {
    String bearer = "Authorization: Bearer " + OLD + "\r\n";

    try (Socket socket = send("GET /api/stream HTTP/1.1", bearer, "")) {
      assertThat(socket.getInputStream().read()).as("end of the stream").isEqualTo(-1);
    }
    assertThat(reads).as("the token was read again").hasValueGreaterThan(1);
  }

  /** Returns all that the server sends until it closes the connection. */
  private String exchange(String line, String headers, String body) throws IOException {
    try (Socket socket = send(line, headers, body)) {
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private Socket send(String line, String headers, String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port());
    socket.setSoTimeout(10_000);
    String head = line + "\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
    socket.getOutputStream().write((head + body).getBytes(US_ASCII));
    return socket;
  }
}
