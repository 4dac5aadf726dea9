package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.client.ClientAgentConfig.ForwardedHeaders;
import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.client.RawHttpCaller.Answer;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.protocol.WireLimits;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests a client agent with a fake RabbitMQ over HTTP. */
class RelayHandlerTest {

  private static final Response HELLO = response(200, Body.ofText("hello"), "X-Up", "1");

  /** Fields that the client agent adds, with a value that is new for each answer. */
  private static final Set<String> OWN = Set.of("date", "longcut-request-id");

  private TestAgent agent = new TestAgent();

  @AfterEach
  void stop() throws InterruptedException {
    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    await().untilAsserted(() -> assertThat(agent.agent.openConnections()).isZero());
    agent.stop();
  }

  // --- requests that are relayed

  @Test
  void aRequestIsAnswered() throws IOException {
    agent.answering(request -> HELLO);

    Answer answer = exchange("GET /hello?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("hello");
    assertThat(answer.headers().without(OWN).fields())
        .containsExactlyInAnyOrderElementsOf(
            headers("X-Up", "1", "Via", "1.1 longcut.edge-aaaaaa", "Content-Length", "5").fields());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a%2Fb;x=1/c;y?q=1&r=%20+",
        "/;p=1",
        "/a//b/../c/./d",
        "/a?b?c/d",
        "/?a;b=c",
        "/%C3%BC?%ff",
        "/{a}|b^c`d\"e<f>?{a}|\"",
        "/\u00fc?\u00fc",
        "/a+b%2B",
        "//evil/x",
        "/@evil:80"
      })
  void theUrlIsRelayedByteForByte(String url) throws IOException {
    agent.answering(request -> HELLO);

    assertThat(exchange("GET " + url + " HTTP/1.1\r\nHost: h\r\n\r\n").status()).isEqualTo(200);

    assertThat(agent.request().url()).isEqualTo(url);
  }

  @ParameterizedTest
  @CsvSource({
    "http://h/a%2Fb?q=1, /a%2Fb?q=1",
    "HTTP://H/a, /a",
    "http://h, /",
    "http://h?q=1, /?q=1",
    "http://h/a?u=http://x/, /a?u=http://x/"
  })
  void anAbsoluteFormOfTheSameHostIsRelayedInOriginForm(String uri, String url) throws IOException {
    agent.answering(request -> HELLO);

    exchange("GET " + uri + " HTTP/1.1\r\nHost: " + (uri.contains("H/") ? "H" : "h") + "\r\n\r\n");

    assertThat(agent.request().url()).isEqualTo(url);
  }

  @Test
  void theRoutesPathIsStripped() throws IOException {
    agent.answering(request -> HELLO);

    exchange("GET /stripped/x?y HTTP/1.1\r\nHost: else\r\n\r\n");

    assertThat(agent.request().upstreamTarget()).isEqualTo("stripped");
    assertThat(agent.request().url()).isEqualTo("/x?y");
    assertThat(agent.request().headers().all("X-Forwarded-Prefix")).containsExactly("/stripped");
  }

  /** The test's callers have the address 127.0.0.1. */
  @Test
  void forwardedFieldsOfATrustedProxyAreKept() throws Exception {
    agent.stop();
    agent =
        new TestAgent(
            TestAgent.with(
                new Forwarding(
                    ForwardedHeaders.REPLACE,
                    TrustedProxies.parse(List.of("127.0.0.0/8")),
                    Underscores.DROP)));
    agent.answering(request -> HELLO);

    exchange(
        get(
            "/",
            String.join(
                "\r\n",
                "X-Forwarded-For: 203.0.113.9",
                "X-Forwarded-Host: public.example",
                "X-Forwarded-Proto: https",
                "X-Real-IP: 1.1.1.1",
                "X_Other: dropped",
                "")));

    Headers headers = agent.request().headers();
    assertThat(headers.all("X-Forwarded-For")).containsExactly("203.0.113.9, 127.0.0.1");
    assertThat(headers.all("X-Forwarded-Host")).containsExactly("public.example");
    assertThat(headers.all("X-Forwarded-Proto")).containsExactly("https");
    assertThat(headers.contains("X-Real-IP")).isFalse();
    assertThat(headers.contains("X_Other")).isFalse();
  }

  @Test
  void forwardedFieldsOfAnotherCallerAreReplaced() throws Exception {
    agent.stop();
    agent =
        new TestAgent(
            TestAgent.with(
                new Forwarding(
                    ForwardedHeaders.REPLACE,
                    TrustedProxies.parse(List.of("10.0.0.0/8", "::/0")),
                    Underscores.PASS)));
    agent.answering(request -> HELLO);

    exchange(get("/", "X-Forwarded-For: 203.0.113.9\r\nX_Other: passes\r\n"));

    assertThat(agent.request().headers().all("X-Forwarded-For")).containsExactly("127.0.0.1");
    assertThat(agent.request().headers().all("X_Other")).containsExactly("passes");
  }

  @Test
  void endToEndHeadersAreRelayedUnchanged() throws IOException {
    agent.answering(request -> HELLO);

    exchange(
        request(
            "GET / HTTP/1.1",
            "hOsT: h",
            "accept: a/b",
            "X-Multi: 1",
            "X-Empty:",
            "x-multi: 2",
            "X-Latin: \u00fc",
            "Connection: keep-alive, x-gone",
            "X-Gone: 1",
            "Cookie: a=1",
            "X-Forwarded-For: 10.1.1.1"));

    assertThat(agent.request().headers().fields())
        .containsExactlyInAnyOrderElementsOf(
            headers(
                    "hOsT", "h",
                    "accept", "a/b",
                    "X-Multi", "1",
                    "X-Multi", "2",
                    "X-Empty", "",
                    "X-Latin", "\u00fc",
                    "Cookie", "a=1",
                    "X-Forwarded-For", "127.0.0.1",
                    "X-Forwarded-Host", "h",
                    "X-Forwarded-Proto", "http",
                    "Via", "1.1 longcut.edge-aaaaaa")
                .fields());
  }

  @Test
  void anyMethodIsRelayed() throws IOException {
    agent.answering(request -> HELLO);

    exchange("pUrGe / HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(agent.request().method()).isEqualTo("pUrGe");
  }

  @Test
  void optionsOfTheWholeServerIsRelayed() throws IOException {
    agent.answering(request -> HELLO);

    exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(agent.request().url()).isEqualTo("*");
  }

  @Test
  void anAbsentBodyAndAnEmptyBodyDiffer() throws IOException {
    agent.answering(request -> HELLO);
    exchange("POST /none HTTP/1.1\r\nHost: h\r\n\r\n");
    exchange("POST /empty HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    exchange("POST /chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");

    assertThat(agent.published(ClientRequest.class))
        .extracting(event -> event.request().body())
        .containsExactly(Body.ABSENT, Body.EMPTY, Body.EMPTY);
  }

  @Test
  void aBodyMayArriveInPieces() throws IOException {
    agent.answering(request -> HELLO);
    String big = "\u00ff\u0000x".repeat(3_000);

    try (RawHttpCaller caller =
        agent.call("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: " + big.length() + "\r\n\r\n")) {
      caller.send(big.substring(0, 10));
      caller.send(big.substring(10));
      assertThat(caller.receive().status()).isEqualTo(200);
    }

    assertThat(agent.request().body()).isEqualTo(Body.of(latin1(big)));
    assertThat(agent.request().headers().contains("Content-Length")).isFalse();
  }

  @Test
  void chunkedBodiesAreReadAndTheFramingIsDropped() throws IOException {
    agent.answering(request -> HELLO);

    exchange(
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");

    assertThat(agent.request().body()).isEqualTo(Body.ofText("abcde"));
    assertThat(agent.request().headers().contains("Transfer-Encoding")).isFalse();
  }

  @Test
  void aCallerThatExpects100ContinueGetsIt() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller =
        agent.call(
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")) {
      assertThat(caller.receiveHead().status()).isEqualTo(100);
      assertThat(caller.send("abc").receive().status()).isEqualTo(200);
    }

    assertThat(agent.request().body()).isEqualTo(Body.ofText("abc"));
    assertThat(agent.request().headers().contains("Expect")).isFalse();
  }

  @Test
  void aConnectionIsKeptAndPipelinedRequestsAreAnsweredInOrder() throws IOException {
    agent.answering(request -> response(200, Body.ofText(request.url())));

    try (RawHttpCaller caller = agent.call()) {
      for (int i = 0; i < 3; i++) {
        caller.send("GET /kept HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(caller.receive().body()).isEqualTo("/kept");
      }
      caller.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(caller.receive().body()).isEqualTo("/1");
      assertThat(caller.receive().body()).isEqualTo("/2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1|Host: h||",
        "POST / HTTP/1.1|Host: h|Content-Length: 1||x",
        "POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||1|x|0||"
      })
  void aPipelinedRequestIsAnsweredAfterTheOneThatWaits(String waiting) throws IOException {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call(waiting.replace("|", "\r\n"))) {
      ClientRequest first = awaitRequests(1).get(0);
      caller.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
      agent.answering(request -> response(200, Body.ofText(request.url())));
      agent.session.deliver(TestAgent.responseTo(first, HELLO));

      assertThat(caller.receive().body()).isEqualTo("hello");
      assertThat(caller.receive().body()).isEqualTo("/2");
    }
  }

  @Test
  void http10IsAnsweredAndClosed() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller = agent.call("GET /o HTTP/1.0\r\n\r\n")) {
      assertThat(caller.receive().body()).isEqualTo("hello");
      assertThat(caller.isClosed()).isTrue();
    }
    assertThat(agent.request().headers().all("Via")).containsExactly("1.0 longcut.edge-aaaaaa");
  }

  @Test
  void aCloseOptionAmongOthersClosesTheConnection() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller =
        agent.call("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\nConnection: y\r\n\r\n")) {
      assertThat(caller.receive().headers().all("Connection")).containsExactly("close");
      assertThat(caller.isClosed()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET / HTTP/1.1|Host: h|Connection: close, 204",
    "GET / HTTP/1.1|Host: h|Connection: close, 304",
    "HEAD / HTTP/1.1|Host: h|Connection: close, 200",
    "HEAD / HTTP/1.1|Host: h|Connection: close, 204",
    "GET / HTTP/1.0|Host: h, 204",
    "GET / HTTP/1.0|Host: h, 304"
  })
  void theLastAnswerOfAConnectionHasConnectionClose(String request, int status) throws IOException {
    agent.answering(unused -> response(status, Body.ABSENT));

    try (RawHttpCaller caller = agent.call(request.replace("|", "\r\n") + "\r\n\r\n")) {
      Answer answer = caller.receiveHead();
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.headers().all("Connection")).containsExactly("close");
      assertThat(caller.isClosed()).isTrue();
    }
  }

  @Test
  void anHttp10ConnectionIsKeptIfTheCallerAsksForIt() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller =
        agent.call("GET /o HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")) {
      assertThat(caller.receive().headers().all("Connection")).containsExactly("keep-alive");
      caller.send("GET /o HTTP/1.0\r\nHost: h\r\n\r\n");
      assertThat(caller.receive().body()).isEqualTo("hello");
    }
  }

  @Test
  void anUpgradeToH2cIsIgnored() throws IOException {
    agent.answering(request -> HELLO);

    exchange(
        request(
            "GET / HTTP/1.1",
            "Host: h",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"));

    assertThat(agent.request().headers().contains("Upgrade")).isFalse();
    assertThat(agent.request().headers().contains("HTTP2-Settings")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Connection: upgrade|Upgrade: websocket", "Upgrade: WebSocket"})
  void anUpgradeInHttp10IsIgnored(String fields) throws IOException {
    agent.answering(request -> HELLO);

    Answer answer = exchange(("GET / HTTP/1.0|Host: h|" + fields + "||").replace("|", "\r\n"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(agent.request().headers().contains("Upgrade")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"only.example.", "ONLY.example.:8000", "only.example:80"})
  void aRouteMatchesAHostWithATrailingDotOrAPort(String host) throws IOException {
    agent.answering(request -> HELLO);

    exchange("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");

    assertThat(agent.request().upstreamTarget()).isEqualTo("only");
    assertThat(agent.request().headers().all("X-Forwarded-Host")).containsExactly(host);
  }

  @ParameterizedTest
  @CsvSource({
    "http://h:80/a HTTP/1.1|Host: h, /a, h",
    "http://h/a HTTP/1.1|Host: h:80, /a, h:80",
    "http://h:8000/a HTTP/1.0, /a, h:8000",
    "http://h HTTP/1.0, /, h"
  })
  void anAbsoluteFormMayDifferFromHostInTheDefaultPort(
      String request, String url, String forwardedHost) throws IOException {
    agent.answering(unused -> HELLO);

    exchange("GET " + request.replace("|", "\r\n") + "\r\n\r\n");

    assertThat(agent.request().url()).isEqualTo(url);
    assertThat(agent.request().upstreamTarget()).isEqualTo("h-target");
    assertThat(agent.request().headers().all("X-Forwarded-Host")).containsExactly(forwardedHost);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a", "*"})
  void optionsWithMaxForwards0IsAnsweredByTheClientAgent(String url) throws IOException {
    try (RawHttpCaller caller =
        agent.call("OPTIONS " + url + " HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n")) {
      Answer answer = caller.receiveHead();
      assertThat(answer.status()).isEqualTo(204);
      assertThat(answer.headers().all("Allow"))
          .containsExactly("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
      assertThat(answer.headers().without(OWN).fields()).as("Allow").hasSize(1);
      caller.send("OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n");
      assertThat(caller.receiveHead().status()).as("the connection was kept").isEqualTo(204);
    }
    assertThat(agent.session.published()).isEmpty();
  }

  @Test
  void optionsWithMaxForwards0AndContentIsAnsweredByTheClientAgent() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller =
        agent.call(
            "OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nContent-Length: 3\r\n\r\nabc")) {
      assertThat(caller.receiveHead().status()).isEqualTo(204);
      assertThat(caller.send(get("/", "")).receive().body()).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @CsvSource({"OPTIONS, 5, 4", "OPTIONS, 0001, 0", "GET, 0, 0", "POST, 5, 5"})
  void maxForwardsOfOptionsIsDecremented(String method, String received, String relayed)
      throws IOException {
    agent.answering(request -> HELLO);

    exchange(method + " / HTTP/1.1\r\nHost: h\r\nMax-Forwards: " + received + "\r\n\r\n");

    assertThat(agent.request().headers().all("Max-Forwards")).containsExactly(relayed);
  }

  // --- answers

  @Test
  void fieldsOfTheAnswerPassUnchanged() throws IOException {
    agent.answering(
        request ->
            response(
                299,
                Body.ofText("x"),
                "date",
                "then",
                "SERVER",
                "up/1",
                "Set-Cookie",
                "a=1",
                "Set-Cookie",
                "b=2",
                "X-Latin",
                "\u00fc",
                "X-Empty",
                "",
                "Connection",
                "x-gone",
                "X-Gone",
                "1",
                "Keep-Alive",
                "timeout=5",
                "Longcut-Error",
                "overloaded",
                "Content-Length",
                "17"));

    Answer answer = exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(answer.status()).isEqualTo(299);
    assertThat(answer.headers().without(Set.of("longcut-request-id")).fields())
        .containsExactlyInAnyOrderElementsOf(
            headers(
                    "date", "then",
                    "SERVER", "up/1",
                    "Set-Cookie", "a=1",
                    "Set-Cookie", "b=2",
                    "X-Latin", "\u00fc",
                    "X-Empty", "",
                    "Via", "1.1 longcut.edge-aaaaaa",
                    "Content-Length", "1")
                .fields());
  }

  @ParameterizedTest
  @CsvSource({"GET, 1.1, 200", "GET, 1.0, 200", "HEAD, 1.1, 200", "GET, 1.1, 304", "GET, 1.1, 204"})
  void anAnswerWithoutADateGetsOne(String method, String version, int status) throws IOException {
    agent.answering(request -> response(status, Body.ABSENT, "X-Up", "1"));

    Answer answer = exchange(method + " / HTTP/" + version + "\r\nHost: h\r\n\r\n");

    assertThat(answer.status()).isEqualTo(status);
    assertThat(dateOf(answer)).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Thu, 01 Jan 1970 00:00:00 GMT", "then", ""})
  void theDateOfAnAnswerIsKept(String date) throws IOException {
    agent.answering(request -> response(200, Body.ofText("x"), "DATE", date));

    assertThat(exchange(get("/", "")).headers().all("Date")).containsExactly(date);
  }

  /** Undertow refuses to hold names whose hashes collide too often. */
  @Test
  void anAnswerThatCannotBeWrittenIsReplacedByAProblem() throws IOException {
    Headers.Builder colliding = Headers.builder();
    collidingNames().forEach(name -> colliding.add(name, "1"));
    agent.answering(request -> new Response(200, colliding.build(), Body.ofText("x")));

    try (RawHttpCaller caller = agent.call(get("/", ""))) {
      assertRefused(caller.receive(), Failure.UPSTREAM_PROTOCOL_ERROR);
      agent.answering(request -> HELLO);
      assertThat(caller.send(get("/", "")).receive().body()).isEqualTo("hello");
    }
    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
  }

  /** If their 100 kB each were not released, the limit of bytes would soon be reached. */
  @Test
  void anAnswerThatCannotBeWrittenReleasesItsBytes() throws IOException {
    Headers.Builder colliding = Headers.builder();
    collidingNames().forEach(name -> colliding.add(name, "1"));
    Body large = Body.of(new byte[100_000]);
    agent.answering(request -> new Response(200, colliding.build(), large));
    for (int i = 0; i < 50; i++) {
      assertRefused(exchange(get("/", "")), Failure.UPSTREAM_PROTOCOL_ERROR);
    }

    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    agent.answering(request -> HELLO);
    assertThat(exchange(get("/", "")).status()).isEqualTo(200);
  }

  @Test
  void aHangUpWithinTheAnswerReleasesTheRequest() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(10, 64 << 20, 10_000, 4_096, 20, 1_024));
    agent.answering(request -> response(200, Body.of(new byte[32 << 20])));

    try (RawHttpCaller caller = agent.call(get("/", ""))) {
      caller.read(1_000);
      assertThat(agent.agent.isIdle()).isFalse();
    }

    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
  }

  @Test
  void aRequestWithCollidingFieldNamesIsRefused() throws IOException {
    agent.answering(request -> HELLO);

    assertRefused(
        exchange(get("/", String.join(": 1\r\n", collidingNames()) + ": 1\r\n")),
        Failure.BAD_REQUEST);
    assertThat(agent.session.published()).isEmpty();
  }

  /** Returns names with the same hash: AR and BA contribute equally to it. */
  private static List<String> collidingNames() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 1 << 8; i++) {
      StringBuilder name = new StringBuilder();
      for (int bit = 0; bit < 8; bit++) {
        name.append((i >> bit & 1) == 0 ? "AR" : "BA");
      }
      names.add(name.toString());
    }
    return names;
  }

  @Test
  void anAnswerToHeadKeepsTheContentLength() throws IOException {
    agent.answering(request -> response(200, Body.ABSENT, "Content-Length", "12345"));

    assertThat(contentLengthsOf("HEAD")).containsExactly("12345");
  }

  @Test
  void anAnswerToHeadWithoutAContentLengthGetsNone() throws IOException {
    agent.answering(request -> response(200, Body.ABSENT));

    assertThat(contentLengthsOf("HEAD")).isEmpty();
  }

  @Test
  void anAnswer304KeepsTheContentLength() throws IOException {
    agent.answering(request -> response(304, Body.ABSENT, "Content-Length", "12345"));

    assertThat(contentLengthsOf("GET")).containsExactly("12345");
  }

  @Test
  void anAnswer204HasNoContentLength() throws IOException {
    agent.answering(request -> response(204, Body.ABSENT, "Content-Length", "0"));

    assertThat(contentLengthsOf("GET")).isEmpty();
  }

  @Test
  void anAnswerWithoutABodyHasContentLength0() throws IOException {
    agent.answering(request -> response(200, Body.ABSENT));

    assertThat(contentLengthsOf("GET")).containsExactly("0");
  }

  /**
   * Sends two requests on one connection, to detect an answer that hangs or has a byte too many.
   */
  private List<String> contentLengthsOf(String method) throws IOException {
    try (RawHttpCaller caller = agent.call(method + " / HTTP/1.1\r\nHost: h\r\n\r\n")) {
      Answer first = caller.receiveHead();
      caller.send(method + " / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(caller.receiveHead().headers().without(OWN))
          .isEqualTo(first.headers().without(OWN));
      assertThat(first.headers().contains("Transfer-Encoding")).isFalse();
      return first.headers().all("Content-Length");
    }
  }

  @Test
  void aBigAnswerArrivesWhole() throws IOException {
    String big = "0123456789".repeat(200_000);
    agent.answering(request -> response(200, Body.ofText(big)));

    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n").body()).isEqualTo(big);
  }

  // --- refusals

  @Test
  void aProblemIsDescribedInJson() throws IOException {
    Answer answer = exchange("GET /nowhere HTTP/1.1\r\nHost: else\r\n\r\n");

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.headers().all("Content-Type")).containsExactly("application/problem+json");
    assertThat(answer.headers().all("Longcut-Error")).containsExactly("no_route");
    assertThat(answer.body())
        .matches(
            "\\{\"type\":\"urn:http-longcut:no_route\",\"title\":\"No route to an upstream target\","
                + "\"status\":404,\"detail\":\"no route matches, and default-upstream-target is not set\","
                + "\"code\":\"no_route\",\"hop\":\"client_agent\",\"client_req_id\":\"[0-9a-f-]{36}\"}\n");
  }

  @ParameterizedTest
  @CsvSource({
    "TRACE / HTTP/1.1|Host: h, METHOD_NOT_ALLOWED",
    "Trace / HTTP/1.1|Host: h, METHOD_NOT_ALLOWED",
    "CONNECT h:80 HTTP/1.1|Host: h:80, NOT_IMPLEMENTED",
    "GET / HTTP/1.1|Host: h|Connection: upgrade|Upgrade: WebSocket, NOT_IMPLEMENTED",
    "POST / HTTP/1.1|Host: h|Transfer-Encoding: gzip, BAD_REQUEST",
    "POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked|Transfer-Encoding: gzip, BAD_REQUEST",
    "POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked|Transfer-Encoding: chunked, BAD_REQUEST",
    "'POST / HTTP/1.1|Host: h|Transfer-Encoding: gzip, chunked', NOT_IMPLEMENTED",
    "POST / HTTP/1.0|Host: h|Transfer-Encoding: chunked, BAD_REQUEST",
    "GET http://other/ HTTP/1.1|Host: h, BAD_REQUEST",
    "GET http://h.evil/ HTTP/1.1|Host: h, BAD_REQUEST",
    "GET https://h/ HTTP/1.1|Host: h, BAD_REQUEST",
    "GET / HTTP/1.1, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|Host: h, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h:port, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h:, BAD_REQUEST",
    "GET / HTTP/1.1|Host: u@h, BAD_REQUEST",
    "GET / HTTP/1.1|Host: [fe80::1%25eth0], BAD_REQUEST",
    "'GET / HTTP/1.1|Host: h, i', BAD_REQUEST",
    "GET http://h:81/ HTTP/1.1|Host: h, BAD_REQUEST",
    "GET http://u@h/ HTTP/1.1|Host: h, BAD_REQUEST",
    "GET http://u@h/ HTTP/1.0, BAD_REQUEST",
    "GET http:///a HTTP/1.0, BAD_REQUEST",
    "GET http://h\u00fc/ HTTP/1.0, BAD_REQUEST",
    "OPTIONS / HTTP/1.1|Host: h|Max-Forwards: x, BAD_REQUEST",
    "OPTIONS / HTTP/1.1|Host: h|Max-Forwards: -1, BAD_REQUEST",
    "OPTIONS / HTTP/1.1|Host: h|Max-Forwards: 1|Max-Forwards: 1, BAD_REQUEST",
    "TRACE / HTTP/1.1|Host: h|Max-Forwards: 0, METHOD_NOT_ALLOWED",
    "GET / HTTP/1.1|Host: h|Bad Name: x, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|X: a\u0000b, BAD_REQUEST",
    "GET /a\u0001b HTTP/1.1|Host: h, BAD_REQUEST",
    "GET /%zz HTTP/1.1|Host: h, BAD_REQUEST",
    "GET evil HTTP/1.1|Host: h, BAD_REQUEST",
    "G(T / HTTP/1.1|Host: h, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|Content-Length: 1|Transfer-Encoding: chunked, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|Content-Length: 1|Content-Length: 2, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|Content-Length: +1, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|Content-Length: 10001, REQUEST_TOO_LARGE",
    "GET / HTTP/1.1|Host: h|Content-Length: 99999999999999999, REQUEST_TOO_LARGE",
    "GET / HTTP/1.1|Host: h|Content-Length: 99999999999999999999, BAD_REQUEST",
    "GET / HTTP/1.1|Host: h|Via: 1.1 x|Via: 1.1 longcut.edge-aaaaaa, LOOP_DETECTED"
  })
  void aRequestThatCannotBeRelayedIsRefused(String request, Failure failure) throws IOException {
    Answer answer = exchange(request.replace("|", "\r\n") + "\r\n\r\n");

    assertRefused(answer, failure);
    assertThat(agent.session.published()).isEmpty();
  }

  /** The caller may wait for content that never comes, and parse the next answer as content. */
  @ParameterizedTest
  @ValueSource(strings = {"head", "Head"})
  void headInAnotherCaseIsRefusedAndTheConnectionClosed(String method) throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller = agent.call(method + " / HTTP/1.1\r\nHost: h\r\n\r\n")) {
      assertThat(caller.receiveHead().headers().all("Longcut-Error"))
          .containsExactly("bad_request");
      assertThat(caller.isClosed()).isTrue();
    }
    assertThat(agent.session.published()).isEmpty();
  }

  @Test
  void aConnectionIsKeptAfterARefusalOnceTheBodyIsDiscarded() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller =
        agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")) {
      assertRefused(caller.receive(), Failure.REQUEST_TOO_LARGE);
      caller.send("x".repeat(100_000)).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(caller.receive().body()).isEqualTo("hello");
    }
  }

  @Test
  void anExpected100ContinueForALargeBodyIsRefusedAndTheConnectionClosed() throws IOException {
    try (RawHttpCaller caller =
        agent.call(
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n")) {
      assertRefused(caller.receive(), Failure.REQUEST_TOO_LARGE);
      assertThat(caller.isClosed()).isTrue();
    }
  }

  /** Undertow refuses the second request before any handler sees it. */
  @ParameterizedTest
  @CsvSource({
    "'POST / HTTP/1.1|Host: h|Transfer-Encoding: gzip, chunked|', 501",
    "POST / HTTP/1.1|Host: h|Content-Length: 1|Transfer-Encoding: chunked|, 400",
    "POST / HTTP/1.1|Host: h|Expect: 100-continue|Content-Length: 20000000|, 413",
    "POST / HTTP/1.1|Host: h|Content-Length: 20000000|, 413",
    "POST / HTTP/1.1|Host: else|Transfer-Encoding: chunked||1312d00, 404"
  })
  void aCallerThatStillSendsCanReadTheRefusal(String head, int status) throws IOException {
    try (RawHttpCaller caller = agent.call(head.replace("|", "\r\n") + "\r\n")) {
      String part = "x".repeat(100_000);
      for (int i = 0; i < 200; i++) {
        caller.send(part); // throws if the connection was reset
      }
      assertThat(caller.receive().status()).isEqualTo(status);
    }
    assertThat(agent.session.published()).isEmpty();
  }

  @Test
  void aLingeringCallerDoesNotDelayADrain() throws Exception {
    agent.stop();
    agent =
        new TestAgent(
            TestAgent.draining(
                new Limits(10, 100_000, 10_000, 4_096, 20, 1_024), Duration.ofSeconds(20)));
    try (RawHttpCaller caller =
        agent.call("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n")) {
      assertRefused(caller.send("x".repeat(10_001)).receive(), Failure.REQUEST_TOO_LARGE);
      assertThat(agent.agent.isIdle()).as("still in flight").isFalse();

      long begun = System.nanoTime();
      agent.stop();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    }
  }

  @Test
  void aRefusalWithoutContentDoesNotWaitForTheRequestsContent() throws IOException {
    try (RawHttpCaller caller =
        agent.call("HEAD / HTTP/1.1\r\nHost: else\r\nContent-Length: 10\r\n\r\n")) {
      assertThat(caller.receiveHead().status()).isEqualTo(404);
      caller.send("0123456789HEAD / HTTP/1.1\r\nHost: else\r\n\r\n");
      assertThat(caller.receiveHead().status()).as("the connection was kept").isEqualTo(404);
    }
  }

  @Test
  void aChunkedBodyOverTheLimitIsRefused() throws IOException {
    Answer answer =
        exchange(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n"
                + "x".repeat(10_001)
                + "\r\n0\r\n\r\n");

    assertRefused(answer, Failure.REQUEST_TOO_LARGE);
  }

  @Test
  void aMalformedChunkClosesTheConnection() throws IOException {
    try (RawHttpCaller caller =
        agent.call(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "ffffffffffffffffff\r\nab")) {
      assertThat(caller.isClosed()).isTrue();
    }
    assertThat(agent.session.published()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1_020, 1_024})
  void aUrlUpToTheLimitIsRelayed(int length) throws IOException {
    agent.answering(request -> HELLO);

    assertThat(exchange(get("/" + "x".repeat(length - 1), "")).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(ints = {1_025, 60_000})
  void aUrlOverTheLimitIsRefused(int length) throws IOException {
    assertRefused(exchange(get("/" + "x".repeat(length - 1), "")), Failure.URL_TOO_LONG);
  }

  @ParameterizedTest
  @ValueSource(ints = {4_100, 60_000})
  void fieldsOverTheLimitAreRefused(int length) throws IOException {
    assertRefused(
        exchange(get("/", "X: " + "x".repeat(length) + "\r\n")), Failure.HEADERS_TOO_LARGE);
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 300})
  void moreFieldsThanTheLimitAreRefused(int count) throws IOException {
    String fields =
        IntStream.range(0, count).mapToObj(i -> "X" + i + ": x\r\n").collect(Collectors.joining());

    assertRefused(exchange(get("/", fields)), Failure.HEADERS_TOO_LARGE);
  }

  @Test
  void fieldsOverTheLimitOnceForwardedFieldsAreAddedAreRefused() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(10, 1 << 20, 100, WireLimits.OUTSIDE_HEADER_CHARS, 20, 1_024));
    agent.answering(request -> HELLO);
    int half = WireLimits.HEADER_CHARS / 2;

    assertThat(exchange(hostOf(half - 100)).status()).isEqualTo(200);
    assertRefused(exchange(hostOf(half)), Failure.HEADERS_TOO_LARGE);
  }

  private static String hostOf(int length) {
    return "GET /o HTTP/1.1\r\nHost: " + "h".repeat(length) + "\r\n\r\n";
  }

  /** Undertow's own limit, 32 characters, is lower than the protocol's. */
  @Test
  void aMethodOverTheLimitIsRefused() throws IOException {
    String method = "M".repeat(WireLimits.METHOD_CHARS + 1);

    assertRefused(exchange(method + " / HTTP/1.1\r\nHost: h\r\n\r\n"), Failure.BAD_REQUEST);
    assertThat(agent.session.published()).isEmpty();
  }

  @Test
  void garbageOnAKeptConnectionIsRefused() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller = agent.call(get("/", ""))) {
      assertThat(caller.receive().status()).isEqualTo(200);
      assertRefused(caller.send("\u0016\u0003\u0001garbage\r\n").receive(), Failure.BAD_REQUEST);
      assertThat(caller.isClosed()).isTrue();
    }
  }

  @Test
  void a400OfTheUpstreamServerPassesUnchanged() throws IOException {
    agent.answering(request -> response(400, Body.EMPTY));

    Answer answer = exchange(get("/", ""));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.headers().contains("Longcut-Error")).isFalse();
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void aProblemForHeadHasNoBody() throws IOException {
    try (RawHttpCaller caller = agent.call("HEAD /nowhere HTTP/1.1\r\nHost: else\r\n\r\n")) {
      Answer first = caller.receiveHead();
      assertThat(first.status()).isEqualTo(404);
      assertThat(first.headers().all("Longcut-Error")).containsExactly("no_route");
      caller.send("HEAD /nowhere HTTP/1.1\r\nHost: else\r\n\r\n");
      assertThat(caller.receiveHead().status()).isEqualTo(404);
    }
  }

  @Test
  void aRequestOverTheLimitOfRequestsIsOverloadedAtOnce() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(1, 100_000, 10_000, 4_096, 20, 1_024));
    agent.notAnswering();

    try (RawHttpCaller first = agent.call(get("/", ""))) {
      ClientRequest request = awaitRequests(1).get(0);
      Answer answer = exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
      assertRefused(answer, Failure.OVERLOADED);
      assertThat(answer.headers().all("Retry-After")).containsExactly("2");
      assertThat(answer.body()).contains("\"upstream_target\":\"h-target\"");
      agent.session.deliver(TestAgent.responseTo(request, HELLO));
      assertThat(first.receive().status()).isEqualTo(200);
    }
    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    agent.answering(request -> HELLO);
    assertThat(exchange(get("/", "")).status()).isEqualTo(200);
  }

  @Test
  void aRequestOverTheLimitOfBytesIsOverloadedAtOnce() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(10, 6_500, 5_900, 4_096, 20, 1_024));
    agent.notAnswering();

    try (RawHttpCaller first =
        agent.call(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5900\r\n\r\n" + "x".repeat(5_899))) {
      await().until(() -> agent.agent.admission().bytes() > 5_900);
      assertThat(first).isNotNull();
      assertRefused(
          exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n" + "x".repeat(600)),
          Failure.OVERLOADED);
      assertRefused(
          exchange(
              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n258\r\n"
                  + "x".repeat(600)),
          Failure.OVERLOADED);
    }
  }

  /** Otherwise callers that announce large bodies and send nothing could block all others. */
  @Test
  void anAnnouncedBodyTakesUpNoBytesBeforeItArrives() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(100, 60_000, 50_000, 4_096, 20, 1_024));
    agent.answering(request -> HELLO);
    List<RawHttpCaller> announcing = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      announcing.add(agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\nx"));
    }
    await().until(() -> agent.agent.admission().requests() == 20);

    assertThat(
            exchange(
                    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n"
                        + "x".repeat(5_000))
                .status())
        .isEqualTo(200);

    for (RawHttpCaller each : announcing) {
      each.close();
    }
  }

  @Test
  void anIdleConnectionKeepsNoMemoryOfItsLastRequest() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(10, 10 << 20, 2 << 20, 4_096, 20, 1_024));
    agent.answering(request -> response(200, Body.of(new byte[1 << 20])));
    String post =
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + "x".repeat(1 << 20);
    List<RawHttpCaller> idle = new ArrayList<>();
    long before = usedAfterCollection();
    for (int i = 0; i < 100; i++) {
      RawHttpCaller caller = agent.call(post);
      assertThat(caller.receive().status()).isEqualTo(200);
      idle.add(caller);
      agent.session.forget();
    }

    assertThat(usedAfterCollection() - before).isLessThan(20 << 20);

    for (RawHttpCaller each : idle) {
      assertThat(each.send(get("/", "")).receive().status())
          .as("the connection was kept")
          .isEqualTo(200);
      each.close();
    }
  }

  private static long usedAfterCollection() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void anAnswerThatIsReadTooSlowlyIsCutOff() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(10, 64 << 20, 10_000, 4_096, 20, 1_024));
    agent.answering(request -> response(200, Body.of(new byte[32 << 20])));

    try (RawHttpCaller slow = agent.call(get("/", ""))) {
      long begun = System.nanoTime();
      await().until(() -> agent.agent.admission().bytes() > 32 << 20);
      await()
          .atMost(CallerSink.GRACE_PERIOD.plusSeconds(5))
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                slow.read(500); // less than the minimum rate
                return agent.agent.isIdle();
              });
      assertThat(Duration.ofNanos(System.nanoTime() - begun))
          .isGreaterThan(CallerSink.GRACE_PERIOD);
    }
  }

  @Test
  void aConnectionOverTheLimitWaitsUntilOthersAreClosed() throws IOException {
    agent.answering(request -> HELLO);
    List<RawHttpCaller> open = new ArrayList<>();
    for (int i = 0; i < TestAgent.MAX_CONNECTIONS; i++) {
      RawHttpCaller caller = agent.callFrom(2 + i % 20).send(get("/", ""));
      assertThat(caller.receive().status()).isEqualTo(200);
      open.add(caller);
    }

    try (RawHttpCaller further = agent.call(get("/", ""))) {
      assertThat(further.hasAnswerWithin(Duration.ofMillis(500))).isFalse();
      for (RawHttpCaller each : open) {
        each.close();
      }
      assertThat(further.receive().status()).isEqualTo(200);
    }
  }

  @Test
  void shortFieldsCountWithTheMemoryThatTheyTakeUp() throws Exception {
    agent.stop();
    agent = agentWith(new Limits(10, 6_000, 100, 4_096, 100, 1_024));
    agent.answering(request -> HELLO);

    assertThat(exchange(get("/", "A: \r\n".repeat(10))).status()).isEqualTo(200);
    assertRefused(exchange(get("/", "A: \r\n".repeat(95))), Failure.OVERLOADED);
  }

  @Test
  void aBodyThatArrivesTooSlowlyIsRefused() throws Exception {
    agent.stop();
    agent =
        new TestAgent(
            TestAgent.config(
                new Limits(10, 100_000, 10_000, 4_096, 20, 1_024),
                Duration.ofSeconds(20),
                Duration.ofMillis(200)));

    try (RawHttpCaller caller =
        agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")) {
      assertRefused(caller.receive(), Failure.READ_TIMEOUT);
      assertThat(caller.isClosed()).isTrue();
    }
  }

  @Test
  void aBodyThatArrivesSlowlyButSteadilyIsRelayed() throws Exception {
    agent.stop();
    agent =
        new TestAgent(
            TestAgent.config(
                new Limits(10, 100_000, 10_000, 4_096, 20, 1_024),
                Duration.ofMillis(800), // counts from the last byte of the request
                Duration.ofMillis(500)));
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller =
        agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n")) {
      for (int i = 0; i < 9; i++) {
        caller.send("x");
        assertThat(caller.hasAnswerWithin(Duration.ofMillis(100))).isFalse();
      }
      assertThat(caller.send("x").receive().status()).isEqualTo(200);
    }
    assertThat(agent.request().body()).isEqualTo(Body.ofText("x".repeat(10)));
  }

  // --- timed out, hung up, stopped

  @Test
  void noAnswerWithinRequestTimeoutIsARequestTimeout() throws Exception {
    agent.stop();
    agent =
        new TestAgent(
            TestAgent.config(
                new Limits(10, 100_000, 10_000, 4_096, 20, 1_024), Duration.ofMillis(400)));
    agent.notAnswering();

    Answer answer = exchange(get("/", ""));

    assertRefused(answer, Failure.REQUEST_TIMEOUT);
    assertThat(answer.body())
        .contains(agent.published(ClientRequest.class).get(0).clientReqId().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1|Host: h||",
        "POST / HTTP/1.1|Host: h||",
        "POST / HTTP/1.1|Host: h|Content-Length: 0||",
        "POST / HTTP/1.1|Host: h|Content-Length: 1||x",
        "POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||1|x|0||"
      })
  void aHangUpCancelsTheRequest(String request) throws IOException {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call(request.replace("|", "\r\n"))) {
      awaitRequests(1);
      assertThat(caller).isNotNull();
    }

    await().until(() -> agent.published(ClientCancel.class).size() == 1);
    assertThat(agent.published(ClientCancel.class).get(0).clientReqId())
        .isEqualTo(agent.published(ClientRequest.class).get(0).clientReqId());
    assertThat(agent.session.published().get(1).routingKey())
        .isEqualTo(TestAgent.BROKER.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1|Host: h||",
        "POST / HTTP/1.1|Host: h|Content-Length: 1||x",
        "POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||1|x|0||"
      })
  void aCallerThatHalfClosesGetsItsAnswer(String request) throws IOException {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call(request.replace("|", "\r\n"))) {
      caller.endOutput();
      ClientRequest published = awaitRequests(1).get(0);
      assertThat(caller.receiveHead().status()).isEqualTo(100);
      assertThat(caller.receiveHead().status()).as("the second probe").isEqualTo(100);
      agent.session.deliver(TestAgent.responseTo(published, HELLO));
      Answer answer = finalAnswer(caller); // a third probe may come before it
      assertThat(answer.body()).isEqualTo("hello");
      assertThat(answer.headers().all("Connection")).containsExactly("close");
      assertThat(caller.isClosed()).isTrue();
    }
    assertThat(agent.published(ClientCancel.class)).isEmpty();
  }

  /** With {@code nc -N} the FIN comes together with the request. */
  @Test
  void aCallerThatHalfClosesGetsAnImmediateAnswer() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller = agent.call(get("/1", "") + get("/2", ""))) {
      caller.endOutput();
      assertThat(finalAnswer(caller).body()).isEqualTo("hello");
      assertThat(finalAnswer(caller).body()).isEqualTo("hello");
      assertThat(caller.isClosed()).isTrue();
    }
  }

  private static Answer finalAnswer(RawHttpCaller caller) throws IOException {
    Answer answer = caller.receive();
    while (answer.status() == 100) {
      answer = caller.receive();
    }
    return answer;
  }

  /** HTTP/1.0 has no interim answers. */
  @Test
  void anHttp10CallerThatHalfClosesGetsNoInterimAnswer() throws IOException {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call("GET / HTTP/1.0\r\nHost: h\r\n\r\n")) {
      caller.endOutput();
      ClientRequest published = awaitRequests(1).get(0);
      assertThat(caller.hasAnswerWithin(Duration.ofMillis(300))).isFalse();
      agent.session.deliver(TestAgent.responseTo(published, HELLO));
      assertThat(caller.receive().body()).isEqualTo("hello");
      assertThat(caller.isClosed()).isTrue();
    }
    assertThat(agent.published(ClientCancel.class)).isEmpty();
  }

  @Test
  void aRequestIsCancelledWhenItsCallerClosesAfterAHalfClose() throws IOException {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call(get("/", ""))) {
      caller.endOutput();
      assertThat(caller.receiveHead().status()).isEqualTo(100);
      assertThat(caller.receiveHead().status()).isEqualTo(100);
      assertThat(agent.published(ClientCancel.class)).isEmpty();
    }

    await().until(() -> agent.published(ClientCancel.class).size() == 1);
  }

  @Test
  void aResetCancelsTheRequestAtOnce() throws IOException {
    agent.notAnswering();
    RawHttpCaller caller = agent.call("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
    awaitRequests(1);

    caller.reset();

    await().until(() -> agent.published(ClientCancel.class).size() == 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void withHangUpFinishTheRequestOutlivesItsCaller(boolean reset) throws IOException {
    agent.notAnswering();
    RawHttpCaller caller = agent.call("GET / HTTP/1.1\r\nHost: finishing\r\n\r\n");
    ClientRequest request = awaitRequests(1).get(0);
    if (reset) {
      caller.reset();
      await().untilAsserted(() -> assertThat(agent.agent.openConnections()).isZero());
    } else {
      caller.close();
    }
    assertThat(agent.agent.isIdle()).as("still in flight").isFalse();

    agent.session.deliver(TestAgent.responseTo(request, HELLO));

    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    assertThat(agent.published(ClientCancel.class)).isEmpty();
    assertThat(
            agent
                .registry
                .find("longcut.client.requests")
                .tag("outcome", reset ? "dropped" : "answered")
                .timer())
        .isNotNull();
  }

  /** Nobody reads the error: only the meter shows it. */
  @Test
  void withHangUpFinishAFailureIsCountedByItsCode() throws IOException {
    agent.notAnswering();
    RawHttpCaller caller = agent.call("GET / HTTP/1.1\r\nHost: finishing\r\n\r\n");
    ClientRequest request = awaitRequests(1).get(0);
    caller.reset();
    await().untilAsserted(() -> assertThat(agent.agent.openConnections()).isZero());

    agent.session.deliver(
        new BrokerError(
            request.clientReqId(),
            UUID.randomUUID(),
            new EventError(Failure.NO_UPSTREAM_AGENT, "nobody", Hop.BROKER)));

    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    assertThat(agent.registry.find("longcut.client.requests").timers())
        .singleElement()
        .satisfies(
            timer -> {
              assertThat(timer.getId().getTag("outcome")).isEqualTo("no_upstream_agent");
              assertThat(timer.count()).isEqualTo(1);
            });
  }

  @Test
  void withHangUpFinishACallerThatHalfClosesGetsNoInterimAnswer() throws IOException {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call("GET / HTTP/1.1\r\nHost: finishing\r\n\r\n")) {
      caller.endOutput();
      ClientRequest published = awaitRequests(1).get(0);
      agent.session.deliver(TestAgent.responseTo(published, HELLO));
      assertThat(caller.receive().body()).isEqualTo("hello");
      assertThat(caller.isClosed()).isTrue();
    }
  }

  @Test
  void aHangUpWithinTheBodyReleasesTheRequest() throws IOException {
    try (RawHttpCaller caller =
        agent.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")) {
      await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isFalse());
      assertThat(caller).isNotNull();
    }

    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    assertThat(agent.session.published()).isEmpty();
  }

  @Test
  void aStopWaitsForRequestsInFlight() throws Exception {
    agent.notAnswering();

    try (RawHttpCaller caller = agent.call(get("/", ""))) {
      ClientRequest request = awaitRequests(1).get(0);
      Thread stopping =
          new Thread(
              () -> {
                try {
                  agent.stop();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      stopping.start();
      agent.session.deliver(TestAgent.responseTo(request, HELLO));
      assertThat(caller.receive().body()).isEqualTo("hello");
      stopping.join();
    }
  }

  // --- helpers

  private static TestAgent agentWith(Limits limits) {
    return new TestAgent(TestAgent.config(limits, Duration.ofSeconds(20)));
  }

  private static void assertRefused(Answer answer, Failure failure) {
    assertThat(dateOf(answer)).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
    assertThat(answer.headers().all("Longcut-Error")).containsExactly(failure.code());
    assertThat(answer.status()).isEqualTo(failure.status());
    assertThat(answer.body()).startsWith("{\"type\":\"urn:http-longcut:" + failure.code());
  }

  private static Instant dateOf(Answer answer) {
    List<String> dates = answer.headers().all("Date");
    assertThat(dates)
        .singleElement()
        .asString()
        .matches("\\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT");
    return Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(dates.get(0)));
  }

  private List<ClientRequest> awaitRequests(int count) {
    await().until(() -> agent.published(ClientRequest.class).size() == count);
    return agent.published(ClientRequest.class);
  }

  private Answer exchange(String request) throws IOException {
    try (RawHttpCaller caller = agent.call(request)) {
      return request.startsWith("HEAD ") ? caller.receiveHead() : caller.receive();
    }
  }

  private static String request(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  private static String get(String url, String fields) {
    return "GET " + url + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Response response(int status, Body body, String... namesAndValues) {
    return new Response(status, headers(namesAndValues), body);
  }

  private static Headers headers(String... namesAndValues) {
    Headers.Builder builder = Headers.builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }
}
