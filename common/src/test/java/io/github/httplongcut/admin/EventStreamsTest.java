package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.config.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams over real sockets, on a server whose time limits are shorter than the polls. */
final class EventStreamsTest {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final AdminServer.Limits LIMITS = new AdminServer.Limits(SHORT, SHORT, SHORT);
  private static final EventSource SILENT = List::of;

  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final AdminServer server =
      new AdminServer(
          new AdminConfig("127.0.0.1", 0),
          new Readiness(),
          metrics,
          LIMITS,
          InetAddress::isLoopbackAddress);
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
  void eventsArriveAtOnceAndThenEachSecondDespiteShorterTimeouts() throws IOException {
    AtomicInteger polls = new AtomicInteger();
    server
        .pages()
        .addStream(
            "/api/stream",
            query ->
                () ->
                    List.of(
                        new ServerSentEvent("n", String.valueOf(polls.incrementAndGet())),
                        new ServerSentEvent("q", '"' + query.parameter("x").get() + '"')));

    BufferedReader lines = open("/api/stream?x=1");

    assertThat(lines.readLine()).isEqualTo("HTTP/1.1 200 OK");
    List<String> head = lines.lines().takeWhile(line -> !line.isEmpty()).toList();
    assertThat(head)
        .contains(
            "Content-Type: text/event-stream",
            "Cache-Control: no-store",
            "X-Accel-Buffering: no",
            "X-Content-Type-Options: nosniff");
    assertThat(events(lines, 6))
        .containsExactly(
            "event: n",
            "data: 1",
            "event: q",
            "data: \"1\"",
            "event: n",
            "data: 2",
            "event: q",
            "data: \"1\"",
            "event: n",
            "data: 3",
            "event: q",
            "data: \"1\"");
  }

  @Test
  void aSilentStreamSendsComments() throws IOException {
    server.pages().addStream("/api/stream", query -> SILENT);

    assertThat(open("/api/stream").lines().filter(line -> line.startsWith(":")).limit(2))
        .containsExactly(": no event", ": no event");
  }

  @Test
  void furtherStreamsAreRefusedUntilOneIsClosed() throws Exception {
    server.pages().addStream("/api/stream", query -> SILENT);
    for (int i = 0; i < EventStreams.MAX_STREAMS; i++) {
      assertThat(open("/api/stream").readLine()).isEqualTo("HTTP/1.1 200 OK");
    }

    BufferedReader refused = open("/api/stream");

    assertThat(refused.readLine()).isEqualTo("HTTP/1.1 503 Service Unavailable");
    assertThat(refused.lines().filter(line -> line.startsWith("{")).findFirst().get())
        .startsWith("{\"error\":\"too_many_streams\",\"detail\":\"");
    sockets.get(0).close();
    await().until(() -> open("/api/stream").readLine().equals("HTTP/1.1 200 OK"));
  }

  @Test
  void headOpensNoStream() throws IOException {
    server.pages().addStream("/api/stream", query -> SILENT);
    for (int i = 0; i <= EventStreams.MAX_STREAMS; i++) {
      assertThat(request("HEAD", "/api/stream").readLine()).isEqualTo("HTTP/1.1 200 OK");
    }
  }

  /** The peer's first stream fills all buffers; the second one is served all the same. */
  @Test
  void aStreamWhosePeerDoesNotReadIsClosedAndDelaysNoOther() throws Exception {
    String large = '"' + "x".repeat(1 << 20) + '"';
    AtomicInteger polls = new AtomicInteger();
    server
        .pages()
        .addStream(
            "/api/large",
            query ->
                () -> {
                  polls.incrementAndGet();
                  return List.of(
                      new ServerSentEvent("a", large),
                      new ServerSentEvent("b", large),
                      new ServerSentEvent("c", large));
                });
    server.pages().addStream("/api/small", query -> () -> List.of(new ServerSentEvent("s", "1")));
    Socket stuck = new Socket();
    sockets.add(stuck);
    stuck.setReceiveBufferSize(4_096);
    stuck.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    stuck.getOutputStream().write(head("GET", "/api/large").getBytes(US_ASCII));

    BufferedReader small = open("/api/small");
    assertThat(events(small, 3)).hasSize(6);

    await().untilAsserted(() -> assertThatThrownBy(() -> stuck.getOutputStream().write('x')));
    assertThat(polls.get()).as("polls while the peer did not read").isBetween(1, 3);
  }

  @Test
  void aBugOfASourceEndsItsStream() throws IOException {
    server
        .pages()
        .addStream(
            "/api/stream",
            query ->
                () -> {
                  throw new IllegalStateException("a bug");
                });

    assertThat(open("/api/stream").readLine()).isNull();
  }

  @Test
  void stopEndsTheStreams() throws IOException {
    server.pages().addStream("/api/stream", query -> () -> List.of(new ServerSentEvent("s", "1")));
    BufferedReader lines = open("/api/stream");
    assertThat(events(lines, 1)).hasSize(2);

    server.close();

    assertThat(lines.lines()).doesNotContain("HTTP/1.1 200 OK");
  }

  @Test
  void anEventIsOneLine() {
    assertThatThrownBy(() -> new ServerSentEvent("a", "x\ndata: y"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ServerSentEvent("a\r", "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Returns the lines of the next events, without the sizes of HTTP's chunks. */
  private static List<String> events(BufferedReader lines, int count) {
    return lines
        .lines()
        .filter(line -> line.startsWith("event: ") || line.startsWith("data: "))
        .limit(2L * count)
        .toList();
  }

  private BufferedReader open(String path) throws IOException {
    return request("GET", path);
  }

  private BufferedReader request(String method, String path) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    sockets.add(socket);
    socket.setSoTimeout(10_000);
    socket.getOutputStream().write(head(method, path).getBytes(US_ASCII));
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
  }

  private static String head(String method, String path) {
    return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
}
