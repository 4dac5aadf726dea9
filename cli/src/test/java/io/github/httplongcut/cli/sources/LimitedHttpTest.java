package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Authority;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the limits with servers that misbehave. */
@Timeout(20)
class LimitedHttpTest {

  private static final Duration LONG = Duration.ofSeconds(15);
  private static final Duration SHORT = Duration.ofMillis(300);

  /** Server that answers a connection with bytes of its own. */
  private interface Answerer {
    void answer(OutputStream out) throws IOException, InterruptedException;
  }

  @Test
  void serverThatAcceptsAndDoesNotAnswerIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> get(silent, SHORT))
          .isInstanceOf(CommandFailedException.class)
          .hasMessage(
              "http://127.0.0.1:%d did not answer within 300 ms; check that it runs and is not"
                  + " suspended",
              silent.getLocalPort());
    }
  }

  /** A timeout of the socket alone would begin again with each byte. */
  @Test
  void serverThatAnswersByteByByteIsGivenUp() throws IOException {
    try (ServerSocket slow =
        server(
            out -> {
              out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write('x');
                out.flush();
                TimeUnit.MILLISECONDS.sleep(20);
              }
            })) {
      assertThatThrownBy(() -> get(slow, SHORT))
          .isInstanceOf(CommandFailedException.class)
          .hasMessageContaining("did not answer within 300 ms");
    }
  }

  @Test
  void endlessBodyIsRefused() throws IOException {
    byte[] block = new byte[1 << 16];
    try (ServerSocket endless =
        server(
            out -> {
              out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write(block);
              }
            })) {
      assertThatThrownBy(() -> get(endless, LONG)).hasMessage("the answer has more than 4 MiB");
    }
  }

  @Test
  void endlessHeadIsRefused() throws IOException {
    try (ServerSocket endless =
        server(
            out -> {
              out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write("a: b\r\n".getBytes(StandardCharsets.US_ASCII));
              }
            })) {
      assertThatThrownBy(() -> get(endless, LONG)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void redirectIsNotFollowed() throws IOException {
    try (StubServer server = new StubServer()) {
      server.answer("/page", 302, "");

      HttpAnswer answer = http(server.port(), LONG).send("GET", "/page", Optional.empty());

      assertThat(answer.status()).isEqualTo(302);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void jsonOfTooManyTokensIsRefused() {
    byte[] many = ("[" + "[],".repeat(500_000) + "[]]").getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> new HttpAnswer(200, many, AnswerSize.PAGE).json())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("500000");
  }

  /** Indented JSON has two spaces for each level, before each of its values. */
  @ParameterizedTest
  @EnumSource
  void jsonOfTooManyLevelsIsRefused(AnswerSize size) {
    byte[] deep = ("[".repeat(40) + "]".repeat(40)).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> new HttpAnswer(200, deep, size).json())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nesting depth");
  }

  /** Metrics of a thousand targets. */
  @Test
  void onlyTheEndOfALargeTextIsKept() throws IOException {
    try (StubServer server = new StubServer()) {
      server.answer("/metrics", 200, "longcut_line 1\n".repeat(700_000) + "the last line\n");

      TextEnd end = http(server.port(), LONG).end("/metrics", 1_000).orElseThrow();

      assertThat(end.text()).startsWith("longcut_line 1\n").endsWith("the last line\n");
      assertThat(end.text().length() + end.omitted()).isEqualTo(15L * 700_000 + 14);
    }
  }

  @Test
  void aTextThatIsNotTooLargeIsKept() throws IOException {
    try (StubServer server = new StubServer()) {
      server.answer("/metrics", 200, "longcut_up 1");

      assertThat(http(server.port(), LONG).end("/metrics", 12))
          .hasValue(new TextEnd("longcut_up 1", 0));
      assertThat(http(server.port(), LONG).end("/other", 12)).isEmpty();
    }
  }

  @Test
  void anEndlessTextIsRefused() throws IOException {
    byte[] block = new byte[1 << 16];
    try (ServerSocket endless =
        server(
            out -> {
              out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write(block);
              }
            })) {
      assertThatThrownBy(() -> http(endless.getLocalPort(), LONG).end("/", 1_000))
          .hasMessage("the answer has more than 64 MiB");
    }
  }

  /** RabbitMQ's lists of a large relay: ten million bytes for 20,000 queues. */
  @Test
  void aListMayBeLargerThanAPage() throws IOException {
    byte[] list = ("[" + "[],".repeat(600_000) + "[]]").getBytes(StandardCharsets.UTF_8);

    assertThat(new HttpAnswer(200, list, AnswerSize.LIST).json()).hasSize(600_001);
  }

  private static HttpAnswer get(ServerSocket server, Duration limit) throws IOException {
    return http(server.getLocalPort(), limit).send("GET", "/", Optional.empty());
  }

  private static LimitedHttp http(int port, Duration limit) {
    return new LimitedHttp(
        "http",
        new Authority(Optional.empty(), "127.0.0.1", port),
        Optional.empty(),
        Map.of(),
        new LimitedHttp.Limits(limit, AnswerSize.PAGE));
  }

  /** Starts a server for one connection; the server's thread ends when the client is gone. */
  private static ServerSocket server(Answerer answerer) throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Thread thread =
        new Thread(
            () -> {
              try (Socket connection = server.accept()) {
                answerer.answer(connection.getOutputStream());
              } catch (IOException | InterruptedException e) {
                // The client has closed the connection.
                return;
              }
            });
    thread.setDaemon(true);
    thread.start();
    return server;
  }
}
