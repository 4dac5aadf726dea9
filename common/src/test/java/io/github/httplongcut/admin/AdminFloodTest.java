package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Health pages while others use up everything that they can use up. */
final class AdminFloodTest {

  private static final String LARGE = '"' + "x".repeat(1 << 20) + '"';

  private final Readiness readiness = new Readiness();
  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final AdminServer server =
      new AdminServer(new AdminConfig("127.0.0.1", 0), readiness, metrics);
  private final List<Socket> sockets = new ArrayList<>();

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void close() throws IOException {
    for (Socket each : sockets) {
      each.close();
    }
    server.close();
    metrics.close();
  }

  @Test
  void healthAnswersBesideFullStreamsStuckWorkersAndSlowBodies() throws Exception {
    server.pages().addStream("/api/large", query -> () -> List.of(new ServerSentEvent("x", LARGE)));
    for (int i = 0; i < EventStreams.MAX_STREAMS; i++) {
      send("GET /api/large HTTP/1.1\r\nHost: localhost\r\n\r\n"); // and never read
    }
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch stuck = new CountDownLatch(2);
    server
        .pages()
        .add(
            "/api/stuck",
            query -> {
              stuck.countDown();
              release.await();
              return PageAnswer.text("at last");
            });
    try {
      for (int i = 0; i < 20; i++) {
        send("GET /api/stuck HTTP/1.1\r\nHost: localhost\r\n\r\n");
        send("POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\ntoken=");
        send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x".repeat(100_000));
      }
      assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();

      long start = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        assertThat(statusLine("/healthz")).isEqualTo("HTTP/1.1 200");
        assertThat(statusLine("/readyz")).isEqualTo("HTTP/1.1 200");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    } finally {
      release.countDown();
    }
  }

  @Test
  void idleConnectionsAndBodiesOfStrangersKeepNobodyOut() throws IOException {
    for (int i = 0; i < 2 * AdminListener.MAX_CONNECTIONS; i++) {
      switch (i % 4) {
        case 0 -> send("");
        case 1 -> send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        case 2 -> send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        default ->
            send("POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\ntoken=");
      }
    }

    assertThat(statusLine("/healthz")).isEqualTo("HTTP/1.1 200");
    assertThat(statusLine("/readyz")).isEqualTo("HTTP/1.1 200");
    assertThat(statusLine("/metrics")).isEqualTo("HTTP/1.1 200");
  }

  @Test
  void newConnectionsDisplaceNoStream() throws IOException {
    server.pages().addStream("/api/some", query -> () -> List.of(new ServerSentEvent("x", "1")));
    Socket stream = send("GET /api/some HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertThat(read(stream, 12)).isEqualTo("HTTP/1.1 200");

    for (int i = 0; i < 2 * AdminListener.MAX_CONNECTIONS; i++) {
      send("");
    }
    assertThat(statusLine("/healthz")).isEqualTo("HTTP/1.1 200");

    assertThat(isClosed(sockets.get(1))).isTrue();
    stream.setSoTimeout(100);
    assertThat(isClosed(stream)).isFalse();
  }

  /** Reads to the end, or until nothing comes for the socket's timeout. */
  private static boolean isClosed(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true; // reset
    }
  }

  @Test
  void aHeadAboveTheLimitClosesItsConnection() throws IOException {
    Socket socket = send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
    String line = "X-Long: " + "x".repeat(8_000) + "\r\n";
    for (int i = 0; i < 9; i++) {
      socket.getOutputStream().write(line.getBytes(US_ASCII));
    }
    assertThat(read(socket, 12)).isIn("", "HTTP/1.1 400", "HTTP/1.1 431");
  }

  private String statusLine(String path) throws IOException {
    Socket socket =
        send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return read(socket, 12);
  }

  private static String read(Socket socket, int bytes) throws IOException {
    try {
      return new String(socket.getInputStream().readNBytes(bytes), US_ASCII);
    } catch (SocketException e) {
      return ""; // reset
    }
  }

  private Socket send(String text) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    sockets.add(socket);
    socket.setSoTimeout(10_000);
    socket.getOutputStream().write(text.getBytes(US_ASCII));
    return socket;
  }
}
