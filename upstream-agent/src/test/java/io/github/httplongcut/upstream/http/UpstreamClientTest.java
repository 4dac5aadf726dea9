package io.github.httplongcut.upstream.http;

import static io.github.httplongcut.upstream.http.Examples.get;
import static io.github.httplongcut.upstream.http.Examples.headers;
import static io.github.httplongcut.upstream.http.Examples.post;
import static io.github.httplongcut.upstream.http.Examples.request;
import static io.github.httplongcut.upstream.http.Examples.withHeaders;
import static io.github.httplongcut.upstream.http.HttpCaller.Purpose.RELAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the client with servers that may violate HTTP. */
final class UpstreamClientTest {

  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  // Requests

  @Test
  void requestIsSentUnchangedExceptForHost() throws IOException {
    RawServer server = open(RawServer.answering(OK));
    Request request =
        withHeaders(
            get("/a%2Fb;c=1//d?q=%zz&empty="),
            headers("host", "caller.example", "X-ONE", "1", "Cookie", "a=1", "X-ONE", "2"));

    call(server, request);

    assertThat(server.requests())
        .containsExactly(
            "GET /a%2Fb;c=1//d?q=%zz&empty= HTTP/1.1\r\nhost: localhost:"
                + server.port()
                + "\r\nX-ONE: 1\r\nX-ONE: 2\r\nCookie: a=1\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//evil.example/x",
        "/@evil.example",
        "/http://evil/x",
        "/x#y",
        "/|\\^",
        "/?",
        "/\u00e9"
      })
  void urlIsWrittenAsItIs(String url) throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, get(url));

    assertThat(server.requests().get(0)).startsWith("GET " + url + " HTTP/1.1\r\n");
  }

  @Test
  void anyMethodIsSent() throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, request("M-SEARCH!", "/", Body.ABSENT));

    assertThat(server.requests().get(0)).startsWith("M-SEARCH! / HTTP/1.1\r\n");
  }

  @Test
  void headerBytesAreUnchanged() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 200 OK\r\nX: \u00e2\u0080\u0093\r\nContent-Length: 0\r\n\r\n"));

    Response response =
        responseOf(call(server, withHeaders(get("/"), headers("X", "\u0080\u00ff", "Empty", ""))));

    assertThat(server.requests().get(0)).contains("\r\nX: \u0080\u00ff\r\nEmpty: \r\n");
    assertThat(response.headers().all("x")).containsExactly("\u00e2\u0080\u0093");
  }

  @Test
  void absentContentHasNoContentLength() throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, request("POST", "/", Body.ABSENT));

    assertThat(server.requests().get(0)).doesNotContainIgnoringCase("content-length");
  }

  @Test
  void emptyContentHasContentLengthZero() throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, request("POST", "/", Body.EMPTY));

    assertThat(server.requests().get(0)).endsWith("\r\nContent-Length: 0\r\n\r\n");
  }

  @Test
  void contentIsSentAsItIs() throws IOException {
    RawServer server = open(RawServer.answering(OK));
    byte[] bytes = {0, (byte) 0xff, '\r', '\n', (byte) 0xc3};

    call(server, request("PUT", "/", Body.of(bytes)));

    assertThat(server.requests().get(0))
        .endsWith("Content-Length: 5\r\n\r\n" + new String(bytes, StandardCharsets.ISO_8859_1));
  }

  @Test
  void aMegabyteIsSent() throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, request("PUT", "/", Body.of(new byte[1 << 20])));

    assertThat(server.requests().get(0)).hasSizeGreaterThan(1 << 20);
  }

  @Test
  void getMayHaveContent() throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, request("GET", "/", Body.ofText("x")));

    assertThat(server.requests().get(0)).endsWith("Content-Length: 1\r\n\r\nx");
  }

  @Test
  void clientDoesNotWaitFor100Continue() throws IOException {
    RawServer server = open(RawServer.answering(OK));

    call(server, withHeaders(post("x"), headers("Expect", "100-continue")));

    assertThat(server.requests().get(0)).doesNotContain("Expect").endsWith("\r\n\r\nx");
  }

  // Responses

  @Test
  void responseIsRelayedCompletely() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 201 Made\r\nSet-Cookie: a=1\r\nserver: x\r\nSet-Cookie: b=2\r\n"
                    + "Content-Length: 3\r\nLongcut-Error: fake\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n\0\r\u00ff"));

    Response response = responseOf(call(server, get("/")));

    assertThat(response)
        .isEqualTo(
            new Response(
                201,
                headers(
                    "Set-Cookie", "a=1", "Set-Cookie", "b=2", "server", "x", "Content-Length", "3"),
                Body.of(new byte[] {0, '\r', (byte) 0xff})));
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 206, 301, 401, 404, 407, 417, 500, 503, 599})
  void anyFinalStatusIsRelayed(int status) throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 " + status + "\r\nLocation: /x\r\nContent-Length: 1\r\n\r\nx"));

    assertThat(responseOf(call(server, get("/"))).statusCode()).isEqualTo(status);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void chunksAreJoined() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n"));

    Response response = responseOf(call(server, get("/")));

    assertThat(response).isEqualTo(new Response(200, Headers.EMPTY, Body.ofText("abc")));
  }

  @Test
  void contentThatEndsWithTheConnectionIsRelayed() throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write("HTTP/1.0 200 OK\r\n\r\nabc");
                }));

    assertThat(responseOf(call(server, get("/"))).body()).isEqualTo(Body.ofText("abc"));
  }

  @Test
  void compressedContentStaysCompressed() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\u001f\u008b"));

    Response response = responseOf(call(server, get("/")));

    assertThat(response.body().length()).isEqualTo(2);
    assertThat(response.headers().first("content-encoding")).contains("gzip");
  }

  @Test
  void headResponseHasALengthButNoContent() throws IOException {
    RawServer server = open(RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"));

    Response response = responseOf(call(server, request("HEAD", "/", Body.ABSENT)));

    assertThat(response).isEqualTo(new Response(200, headers("Content-Length", "99"), Body.ABSENT));
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 304})
  void responsesWithoutContentDoNotHang(int status) throws IOException {
    RawServer server = open(RawServer.answering("HTTP/1.1 " + status + " x\r\nETag: y\r\n\r\n"));

    Response response = responseOf(call(server, get("/")));

    assertThat(response).isEqualTo(new Response(status, headers("ETag", "y"), Body.ABSENT));
  }

  @Test
  void emptyContentIsNotAbsent() throws IOException {
    RawServer server = open(RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));

    assertThat(responseOf(call(server, get("/"))).body()).isEqualTo(Body.EMPTY);
  }

  @Test
  void interimResponsesAreDropped() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK));

    assertThat(responseOf(call(server, post("x"))).statusCode()).isEqualTo(200);
  }

  @Test
  void responseBeforeTheEndOfTheRequestIsRelayed() throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.write("HTTP/1.1 413 No\r\nContent-Length: 1\r\n\r\nx");
                  connection.awaitEnd();
                }));

    Result result = call(server, request("PUT", "/", Body.of(new byte[4 << 20])));

    assertThat(responseOf(result).statusCode()).isEqualTo(413);
  }

  // Refused responses

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Type: text/pl",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nrest",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "220 mail.example ESMTP\r\n",
        "\0\1\2\3\r\n\r\n",
      })
  void invalidResponseIsAnError(String bytes) throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write(bytes);
                }));

    Result.Failed failed = failureOf(call(server, post("x")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
    assertThat(failed.message()).contains("'orders'").contains("localhost:" + server.port());
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void resetInTheMiddleOfAResponseIsAnError() throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write("HTTP/1.1 200 OK\r\n\r\nabc");
                  connection.reset();
                }));

    assertThat(failureOf(call(server, get("/"))).failure())
        .isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n"
      })
  void tooLargeResponseIsRefusedAndNotReadFurther(String head) throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write(head);
                  try {
                    while (true) {
                      connection.write("1f4\r\n" + "x".repeat(500) + "\r\n");
                    }
                  } catch (IOException e) {
                    closed.countDown();
                  }
                }));

    assertThat(failureOf(call(server, get("/"))).failure()).isEqualTo(Failure.RESPONSE_TOO_LARGE);
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void responseOfExactlyTheLimitIsRelayed() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + "x".repeat(1000)));

    assertThat(responseOf(call(server, get("/"))).body().length()).isEqualTo(1000);
  }

  @Test
  void responseWithTheMaximumNumberOfFieldsIsRelayed() throws IOException {
    RawServer server = open(RawServer.answering(noContent("X: \r\n".repeat(990))));

    assertThat(responseOf(call(server, get("/"))).headers().all("X")).hasSize(990);
  }

  @ParameterizedTest
  @CsvSource({"991, more than 990 header fields", "20000, its header fields are too large"})
  void errorNamesTheLimitOnTheNumberOfFields(int fields, String words) throws IOException {
    RawServer server = open(RawServer.answering(noContent("X: \r\n".repeat(fields))));

    Result.Failed failed = failureOf(call(server, get("/")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
    assertThat(failed.message()).contains("sent a response that cannot be relayed: ", words);
  }

  @Test
  void responseWithTheMaximumSizeOfFieldsIsRelayed() throws IOException {
    String quarter = "X: " + "x".repeat(WireLimits.OUTSIDE_HEADER_CHARS / 4 - 1) + "\r\n";
    RawServer server = open(RawServer.answering(noContent(quarter.repeat(4))));

    assertThat(responseOf(call(server, get("/"))).headers().all("X")).hasSize(4);
  }

  @Test
  void errorNamesTheLimitOnTheSizeOfFields() throws IOException {
    String quarter = "X: " + "x".repeat(WireLimits.OUTSIDE_HEADER_CHARS / 4 - 1) + "\r\n";
    RawServer server = open(RawServer.answering(noContent(quarter.repeat(4) + "Y: \r\n")));

    Result.Failed failed = failureOf(call(server, get("/")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
    assertThat(failed.message())
        .contains("sent a response that cannot be relayed: more than 245760 bytes of header names");
  }

  /** The head is within HttpCore's limits on line length and line count, but has 54 MiB in all. */
  @Test
  void tooLargeHeadIsNotBuffered() throws IOException {
    AtomicInteger lines = new AtomicInteger();
    CountDownLatch closed = new CountDownLatch(1);
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write("HTTP/1.1 200 OK\r\n");
                  try {
                    while (lines.incrementAndGet() < 900) {
                      connection.write("X: " + "y".repeat(60 << 10) + "\r\n");
                    }
                    connection.write("Content-Length: 0\r\n\r\n");
                  } finally {
                    closed.countDown();
                  }
                }));

    assertThat(failureOf(call(server, get("/"))).message())
        .contains("sent a response that cannot be relayed: its header fields are too large");
    await().until(() -> closed.getCount() == 0);
    assertThat(lines.get()).isLessThan(900);
  }

  private static String noContent(String fields) {
    return "HTTP/1.1 204 No Content\r\n" + fields + "\r\n";
  }

  @Test
  void endlessHeadIsRefused() throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write("HTTP/1.1 200 OK\r\n");
                  while (true) {
                    connection.write("X: " + "y".repeat(1000) + "\r\n");
                  }
                }));

    assertThat(failureOf(call(server, get("/"))).failure())
        .isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
  }

  // Connections

  @Test
  void refusedConnectionIsUnreachable() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    Result.Failed failed = failureOf(call("http://127.0.0.1:" + port, post("x")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE);
    assertThat(failed.message())
        .startsWith(
            "upstream target 'orders': cannot connect to 127.0.0.1:"
                + port
                + ": connection refused");
  }

  @Test
  void unknownNameIsUnreachable() throws IOException {
    Result.Failed failed = failureOf(call("http://no-such-host.invalid", get("/")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE);
    assertThat(failed.message())
        .contains("no-such-host.invalid:80: the host name cannot be resolved");
  }

  @Test
  void connectionIsReused() throws IOException {
    RawServer server = open(RawServer.answering(OK));
    UpstreamClient client = client(server);

    responseOf(call(client, server, post("1")));
    responseOf(call(client, server, get("/")));

    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void connectionCloseIsRespected() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"));
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/")));
    responseOf(call(client, server, get("/")));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void keepAliveTimeoutIsRespected() throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok"));
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/")));
    responseOf(call(client, server, get("/")));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void excessBytesAreNeverTheNextResponse() throws IOException {
    RawServer server =
        open(RawServer.answering(OK + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
    UpstreamClient client = client(server);

    for (int i = 0; i < 5; i++) {
      assertThat(responseOf(call(client, server, get("/"))).body()).isEqualTo(Body.ofText("ok"));
    }
  }

  /** The server would treat the next caller as the authenticated one (RFC 4559 section 6). */
  @ParameterizedTest
  @CsvSource({
    "Authorization, NTLM TlRMTVNTUAADAAAA",
    "authorization, negotiate YIIB",
    "Authorization, Negotiate",
    "Authorization, Kerberos YIIB",
  })
  void authenticatedConnectionIsNotReused(String name, String value) throws IOException {
    RawServer server = open(RawServer.answering(OK));
    UpstreamClient client = client(server);

    responseOf(call(client, server, withHeaders(get("/"), headers(name, value))));
    responseOf(call(client, server, get("/")));

    assertThat(server.connections()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WWW-Authenticate: Negotiate",
        "WWW-Authenticate: Basic realm=\"a, NTLM\", NTLM TlRMTVNTUAACAAAA",
        "WWW-Authenticate: Basic realm=x\r\nwww-authenticate: ntlm",
      })
  void connectionThatAsksForAuthenticationIsNotReused(String field) throws IOException {
    RawServer server =
        open(
            RawServer.answering(
                "HTTP/1.1 401 Unauthorized\r\n" + field + "\r\nContent-Length: 0\r\n\r\n"));
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/")));
    responseOf(call(client, server, get("/")));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void connectionWithPerRequestAuthenticationIsReused() throws IOException {
    RawServer server = open(RawServer.answering(OK));
    UpstreamClient client = client(server);

    responseOf(
        call(client, server, withHeaders(get("/"), headers("Authorization", "Basic TlRMTQ=="))));
    responseOf(
        call(client, server, withHeaders(get("/"), headers("Authorization", "Bearer ntlm"))));

    assertThat(server.connections()).isEqualTo(1);
  }

  /** Methods, responses, and excess bytes that follow the response. */
  private static Stream<Arguments> responsesWithExcessBytes() {
    return Stream.of("0123456789", "HTTP/1.1 302 Found\r\nLocation: http://evil/\r\nX: ", "\r\n")
        .flatMap(
            excess ->
                Stream.of(
                    arguments("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", excess),
                    arguments("GET", "HTTP/1.1 204 No Content\r\n\r\n", excess),
                    arguments("GET", "HTTP/1.1 304 Not Modified\r\n\r\n", excess),
                    arguments("GET", OK, excess),
                    arguments(
                        "GET",
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        excess)));
  }

  @ParameterizedTest
  @MethodSource("responsesWithExcessBytes")
  void excessBytesWithAResponseCloseTheConnection(String method, String response, String excess)
      throws Exception {
    assertNextRequestIsUnaffected(
        method, connection -> connection.write(response + excess), () -> {});
  }

  @ParameterizedTest
  @MethodSource("responsesWithExcessBytes")
  void excessBytesAfterAResponseCloseTheConnection(String method, String response, String excess)
      throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    assertNextRequestIsUnaffected(
        method,
        connection -> {
          connection.write(response);
          awaitQuietly(answered);
          connection.write(excess);
        },
        answered::countDown);
  }

  private void assertNextRequestIsUnaffected(
      String method, RawServer.Script answering, Runnable whenAnswered) throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  answering.run(connection);
                  try {
                    connection.readRequest(); // returns when the client closes the connection
                  } finally {
                    closed.countDown();
                  }
                },
                connection -> {
                  connection.readRequest();
                  connection.write(OK);
                }));
    UpstreamClient client = client(server);
    Request request = request(method, "/1", Body.ABSENT);

    assertThat(responseOf(call(client, server, request)).headers().first("location")).isEmpty();
    whenAnswered.run();
    assertThat(closed.await(10, TimeUnit.SECONDS)).as("closed").isTrue();
    Response next = responseOf(call(client, server, post("2")));

    assertThat(next.body()).isEqualTo(Body.ofText("ok"));
    assertThat(next.headers().first("location")).isEmpty();
    assertThat(server.requests()).hasSize(2);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A server that closes the first connection after its second request, which may have run. */
  private static RawServer closingOnTheSecondRequest() throws IOException {
    return RawServer.running(
        connection -> {
          connection.readRequest();
          connection.write(OK);
          connection.readRequest();
        },
        connection -> {
          while (connection.readRequest()) {
            connection.write(OK);
          }
        });
  }

  @Test
  void repeatableRequestIsRetriedWhenAReusedConnectionCloses() throws IOException {
    RawServer server = open(closingOnTheSecondRequest());
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/1")));
    responseOf(call(client, server, get("/2")));

    assertThat(server.connections()).isEqualTo(2);
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void requestThatIsNotRepeatableIsNotSentTwice() throws IOException {
    RawServer server = open(closingOnTheSecondRequest());
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/1")));
    Result.Failed failed = failureOf(call(client, server, post("2")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void repeatableRequestIsNotRetriedOnceAResponseHasBegun() throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write(OK);
                  connection.readRequest();
                  connection.write("H");
                }));
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/1")));
    Result.Failed failed = failureOf(call(client, server, get("/2")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void repeatableRequestIsSentAtMostTwice() throws IOException {
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write(OK);
                  connection.readRequest();
                },
                connection -> connection.readRequest()));
    UpstreamClient client = client(server);

    responseOf(call(client, server, get("/1")));
    Result.Failed failed = failureOf(call(client, server, get("/2")));

    assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_PROTOCOL_ERROR);
    assertThat(server.requests()).hasSize(3);
  }

  /** The server closes each connection after its response, without announcing that in a header. */
  @Test
  void closedConnectionIsNotUsedForARequestThatIsNotRepeatable() throws Exception {
    Semaphore closed = new Semaphore(0);
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  connection.write(OK);
                  connection.close();
                  closed.release();
                }));
    UpstreamClient client = client(server);

    for (int i = 0; i < 100; i++) {
      responseOf(call(client, server, post("x")));
      assertThat(closed.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    }

    assertThat(server.requests()).hasSize(100);
  }

  @Test
  void abortedCallClosesItsConnectionAndHasNoResult() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    RawServer server =
        open(
            RawServer.running(
                connection -> {
                  connection.readRequest();
                  try {
                    connection.awaitEnd();
                  } finally {
                    closed.countDown(); // the client resets the connection
                  }
                }));
    CompletableFuture<Result> result = new CompletableFuture<>();
    TargetConfig target = target(server);
    HttpCaller.Call call =
        client(server).call(target.name(), "/", get("/"), RELAY, result::complete);
    await().until(() -> server.requests().size() == 1);

    assertThat(call.abort()).isEqualTo(HttpCaller.Progress.SENT);

    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(result).isNotDone();
  }

  @Test
  void callAbortedBeforeTheConnectionIsNeverSent() throws Exception {
    RawServer server = open(RawServer.answering(OK));
    UpstreamClient client = open(new UpstreamClient(List.of(target(server)), registry));

    HttpCaller.Call call = client.call(target(server).name(), "/1", get("/1"), RELAY, result -> {});
    HttpCaller.Progress progress = call.abort();
    client.start(); // no connection is made before this call
    responseOf(call(client, server, get("/2")));

    assertThat(progress).isEqualTo(HttpCaller.Progress.NOT_SENT);
    assertThat(server.requests()).singleElement().asString().startsWith("GET /2 ");
  }

  // Host names

  @Test
  void hostWithAnUnderscoreIsResolvedAndSentInHost() throws IOException {
    RawServer server = open(RawServer.answering(OK));
    List<String> lookups = new CopyOnWriteArrayList<>();
    TargetConfig target = Examples.config("http://shop_app_1:" + server.port());
    UpstreamClient client =
        open(new UpstreamClient(List.of(target), registry, Examples.resolver(lookups::add)));
    client.start();

    responseOf(resultOf(client, target, get("/")));

    assertThat(lookups).containsExactly("shop_app_1");
    assertThat(server.requests().get(0)).contains("\r\nHost: shop_app_1:" + server.port() + "\r\n");
  }

  @Test
  void slowDnsLookupDelaysNoOtherTarget() throws IOException {
    RawServer server = open(RawServer.answering(OK));
    CountDownLatch answered = new CountDownLatch(1);
    TargetConfig slow = Examples.named("slow", "http://slow.example");
    TargetConfig fast = Examples.named("fast", "http://fast.example:" + server.port());
    UpstreamClient client =
        open(
            new UpstreamClient(
                List.of(slow, fast),
                registry,
                Examples.resolver(
                    host -> {
                      if (host.equals("slow.example")) {
                        awaitQuietly(answered);
                        throw new UnknownHostException(host);
                      }
                    })));
    client.start();
    List<CompletableFuture<Result>> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      CompletableFuture<Result> result = new CompletableFuture<>();
      client.call(slow.name(), "/", get("/"), RELAY, result::complete);
      waiting.add(result);
    }

    responseOf(resultOf(client, fast, get("/")));

    assertThat(waiting).noneMatch(CompletableFuture::isDone);
    answered.countDown();
    for (CompletableFuture<Result> each : waiting) {
      assertThat(failureOf(each.orTimeout(10, TimeUnit.SECONDS).join()).message())
          .endsWith("cannot connect to slow.example:80: the host name cannot be resolved");
    }
  }

  // Fixture

  private <T extends AutoCloseable> T open(T resource) {
    open.add(resource);
    return resource;
  }

  private static TargetConfig target(RawServer server) {
    return Examples.config("http://localhost:" + server.port());
  }

  private UpstreamClient client(RawServer server) throws IOException {
    UpstreamClient client = open(new UpstreamClient(List.of(target(server)), registry));
    client.start();
    return client;
  }

  private Result call(RawServer server, Request request) throws IOException {
    return call(client(server), server, request);
  }

  private static Result call(UpstreamClient client, RawServer server, Request request) {
    return resultOf(client, target(server), request);
  }

  private Result call(String url, Request request) throws IOException {
    TargetConfig target = Examples.config(url);
    UpstreamClient client = open(new UpstreamClient(List.of(target), registry));
    client.start();
    return resultOf(client, target, request);
  }

  private static Result resultOf(UpstreamClient client, TargetConfig target, Request request) {
    CompletableFuture<Result> result = new CompletableFuture<>();
    client.call(target.name(), request.url(), request, RELAY, result::complete);
    return result.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static Response responseOf(Result result) {
    assertThat(result).isInstanceOf(Result.Answered.class);
    return ((Result.Answered) result).response();
  }

  private static Result.Failed failureOf(Result result) {
    assertThat(result).isInstanceOf(Result.Failed.class);
    return (Result.Failed) result;
  }
}
