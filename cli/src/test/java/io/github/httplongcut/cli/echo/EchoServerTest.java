package io.github.httplongcut.cli.echo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EchoServerTest {

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private EchoServer server;

  @BeforeEach
  void start() throws IOException {
    server = EchoServer.start(InetAddress.getLoopbackAddress(), 0);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void describesMethodUrlAndBody() throws Exception {
    HttpResponse<byte[]> response =
        send(request("/hello?x=1").POST(BodyPublishers.ofString("grüß")).build());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    EchoHandler.Reply reply = reply(response.body());
    assertThat(reply.method()).isEqualTo("POST");
    assertThat(reply.url()).isEqualTo("/hello?x=1");
    assertThat(Base64.getDecoder().decode(reply.body())).isEqualTo("grüß".getBytes(UTF_8));
  }

  @Test
  void headersKeepSpellingOrderAndRepetitions() throws Exception {
    String answer =
        exchange(
            """
            GET / HTTP/1.1\r
            zebra: 1\r
            HOST: example.org\r
            Accept: b\r
            aCCEPT: a\r
            Empty:\r
            Connection: close\r
            \r
            """);

    assertThat(reply(bodyOf(answer)).headers())
        .containsExactly(
            List.of("zebra", "1"),
            List.of("HOST", "example.org"),
            List.of("Accept", "b"),
            List.of("aCCEPT", "a"),
            List.of("Empty", ""),
            List.of("Connection", "close"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a%2Fb?q=1",
        "//host/path",
        "/a;p=1/../b",
        "/?",
        "/a?b?c",
        "/%zz",
        "/|{}",
        "http://example.org/a?b",
        "*"
      })
  void urlIsNotNormalised(String target) throws Exception {
    String answer =
        exchange(
            "OPTIONS " + target + " HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");

    assertThat(reply(bodyOf(answer)).url()).isEqualTo(target);
  }

  @Test
  void chunkedBodyIsReadCompletely() throws Exception {
    String answer =
        exchange(
            """
            PUT /x HTTP/1.1\r
            Host: example.org\r
            Transfer-Encoding: chunked\r
            Connection: close\r
            \r
            3\r
            abc\r
            2\r
            de\r
            0\r
            \r
            """);

    assertThat(Base64.getDecoder().decode(reply(bodyOf(answer)).body()))
        .isEqualTo("abcde".getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 204, 205, 304, 404, 503, 599})
  void statusIsTheRequestedOne(int status) throws Exception {
    assertThat(get("/status/" + status).statusCode()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/status/600", "/status/199", "/delay/600001", "/bytes/999999999"})
  void numbersOutOfRangeAreRefused(String path) throws Exception {
    assertThat(get(path).statusCode()).isEqualTo(400);
  }

  @Test
  void delayedAnswerTakesAtLeastTheRequestedTime() throws Exception {
    long start = System.nanoTime();

    assertThat(get("/delay/150").statusCode()).isEqualTo(200);

    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(150));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8192, 1_000_003})
  void bodyHasTheRequestedLength(int n) throws Exception {
    byte[] body = get("/bytes/" + n).body();

    assertThat(body).hasSize(n);
    assertThat(IntStream.range(0, n).allMatch(i -> body[i] == (byte) i)).isTrue();
  }

  @Test
  void eachCookieHasItsOwnHeader() throws Exception {
    assertThat(get("/cookies/3").headers().allValues("Set-Cookie"))
        .containsExactly("cookie-1=1; Path=/", "cookie-2=2; Path=/", "cookie-3=3; Path=/");
  }

  @Test
  void answerToHeadHasTheLengthAndNoBody() throws Exception {
    HttpResponse<byte[]> response =
        send(request("/bytes/10").method("HEAD", BodyPublishers.noBody()).build());

    assertThat(response.headers().firstValue("Content-Length")).hasValue("10");
    assertThat(response.body()).isEmpty();
  }

  @Test
  void bodyOverTheLimitIsRefused() throws Exception {
    byte[] body = new byte[EchoHandler.MAX_REQUEST_BODY + 1];

    assertThat(send(request("/").POST(BodyPublishers.ofByteArray(body)).build()).statusCode())
        .isEqualTo(413);
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return send(request(path).build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path)).timeout(Duration.ofSeconds(20));
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws Exception {
    return http.send(request, BodyHandlers.ofByteArray());
  }

  /**
   * Sends a request unchanged, which an HTTP client would normalise, and reads until the server
   * closes the connection.
   */
  private String exchange(String request) throws IOException {
    URI uri = URI.create(server.url());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private static byte[] bodyOf(String answer) {
    assertThat(answer).startsWith("HTTP/1.1 200 ");
    return answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(ISO_8859_1);
  }

  private static EchoHandler.Reply reply(byte[] body) throws IOException {
    return new ObjectMapper().readValue(body, EchoHandler.Reply.class);
  }
}
