package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.client.ClientAgentConfig.ForwardedHeaders;
import io.github.httplongcut.client.ClientAgentConfig.Forwarding;
import io.github.httplongcut.client.ClientAgentConfig.Underscores;
import io.github.httplongcut.client.RawHttpCaller.Answer;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Format;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Visibility;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines of the access log for requests over HTTP. */
class AccessLogLinesTest {

  private static final Response HELLO = new Response(200, Headers.EMPTY, Body.ofText("hello"));
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;
  private TestAgent agent;

  @AfterEach
  void stop() throws InterruptedException {
    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    agent.stop();
  }

  @Test
  void answeredRequestHasALine() throws IOException {
    start().answering(request -> HELLO);

    Answer answer = exchange("POST /a/b?secret=1 HTTP/1.1|Host: h|Content-Length: 3||abc");

    JsonNode line = onlyLine();
    assertThat(Instant.parse(text(line, "time"))).isBetween(Instant.now().minusSeconds(60), now());
    assertThat(text(line, "client_req_id"))
        .isEqualTo(answer.headers().first("Longcut-Request-Id").orElseThrow())
        .isEqualTo(published().get(0).clientReqId().toString());
    assertThat(text(line, "caller")).isEqualTo("127.0.0.1");
    assertThat(text(line, "method")).isEqualTo("POST");
    assertThat(text(line, "path")).isEqualTo("/a/b");
    assertThat(text(line, "upstream_target")).isEqualTo("h-target");
    assertThat(text(line, "broker_id")).isEqualTo(TestAgent.BROKER.toString());
    assertThat(line.get("request_bytes").intValue()).isEqualTo(3);
    assertThat(line.get("response_bytes").intValue()).isEqualTo(5);
    assertThat(line.get("ms").doubleValue()).isBetween(0.0, 60_000.0);
    assertEnd(line, "answered", 200);
    assertThat(line.has("publications")).isFalse();
    assertThat(line.toString()).doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "GET / HTTP/1.1|Host: else||, no_route, 404",
    "TRACE / HTTP/1.1|Host: h||, method_not_allowed, 405",
    "POST / HTTP/1.1|Host: h|Content-Length: 10001||, request_too_large, 413",
    "GET / HTTP/1.1|Host: h|Via: 1.1 longcut.edge-aaaaaa||, loop_detected, 508",
    "OPTIONS / HTTP/1.1|Host: h|Max-Forwards: 0||, answered, 204"
  })
  void requestThatIsNotRelayedHasALine(String request, String outcome, int status)
      throws IOException {
    start();

    Answer answer = exchange(request);

    JsonNode line = onlyLine();
    assertEnd(line, outcome, status);
    assertThat(text(line, "path")).isEqualTo("/");
    assertThat(text(line, "client_req_id"))
        .isEqualTo(answer.headers().first("Longcut-Request-Id").orElseThrow());
    assertThat(line.get("response_bytes").intValue()).isEqualTo(answer.body().length());
  }

  /** No handler sees these requests. */
  @ParameterizedTest
  @ValueSource(strings = {"G(T / HTTP/1.1|Host: h||", "GET /%zz HTTP/1.1|Host: h||", "x||"})
  void requestThatCannotBeParsedHasALine(String request) throws IOException {
    start();

    Answer answer = exchange(request);

    JsonNode line = onlyLine();
    assertEnd(line, "bad_request", 400);
    assertThat(text(line, "client_req_id"))
        .isEqualTo(answer.headers().first("Longcut-Request-Id").orElseThrow());
    assertThat(text(line, "caller")).isEqualTo("127.0.0.1");
    assertThat(line.get("response_bytes").intValue()).isEqualTo(answer.body().length());
    assertThat(line.has("method")).isFalse();
    assertThat(line.has("path")).isFalse();
  }

  @Test
  void bytesOfABodyThatIsRefusedWithinItAreCounted() throws IOException {
    start();

    exchange("POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||2711|" + "x".repeat(10_001));

    JsonNode line = onlyLine();
    assertEnd(line, "request_too_large", 413);
    assertThat(line.get("request_bytes").intValue()).isEqualTo(10_001);
  }

  @Test
  void errorOfTheRelayHasALine() throws IOException {
    start();
    agent.session.onPublish(
        publication -> {
          if (publication.event() instanceof ClientRequest request) {
            agent.session.deliver(error(request));
          }
        });

    exchange("GET / HTTP/1.1|Host: h||");

    assertEnd(onlyLine(), "no_upstream_agent", 503);
  }

  @Test
  void requestWhoseCallerHangsUpHasALine() throws IOException {
    start().notAnswering();

    RawHttpCaller caller = call("GET /waits HTTP/1.1|Host: h||");
    await().until(() -> published().size() == 1);
    caller.reset();

    JsonNode line = onlyLine();
    assertEnd(line, "hung_up", 499);
    assertThat(text(line, "caller")).isEqualTo("127.0.0.1");
    assertThat(text(line, "path")).isEqualTo("/waits");
    assertThat(text(line, "broker_id")).isEqualTo(TestAgent.BROKER.toString());
  }

  @Test
  void requestWhoseCallerHangsUpWithinTheBodyHasALine() throws IOException {
    start();

    RawHttpCaller caller = call("POST / HTTP/1.1|Host: h|Content-Length: 5||ab");
    await().until(() -> !agent.agent.isIdle());
    caller.close();

    JsonNode line = onlyLine();
    assertThat(text(line, "outcome")).isIn("hung_up", "bad_request");
    assertThat(line.get("request_bytes").intValue()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"false, dropped, 200", "true, no_upstream_agent, 503"})
  void answerThatIsDroppedHasALine(boolean fails, String outcome, int status) throws IOException {
    start().notAnswering();
    RawHttpCaller caller = call("GET / HTTP/1.1|Host: finishing||");
    await().until(() -> published().size() == 1);
    caller.reset();
    await().until(() -> agent.agent.openConnections() == 0);

    ClientRequest request = published().get(0);
    agent.session.deliver(fails ? error(request) : TestAgent.responseTo(request, HELLO));

    JsonNode line = onlyLine();
    assertEnd(line, outcome, status);
    assertThat(line.get("response_bytes").intValue()).isZero();
    assertThat(text(line, "caller")).isEqualTo("127.0.0.1");
  }

  @Test
  void idsOfLaterPublicationsAreLogged() throws IOException {
    start();
    agent.session.onPublish(
        publication -> {
          if (published().size() < 3) {
            agent.session.complete(publication, Outcome.RETURNED);
          } else {
            agent.session.deliver(TestAgent.responseTo((ClientRequest) publication.event(), HELLO));
          }
        });

    exchange("POST / HTTP/1.1|Host: h||");

    JsonNode line = onlyLine();
    List<String> ids =
        published().stream().map(request -> request.clientReqId().toString()).toList();
    assertThat(text(line, "client_req_id")).isEqualTo(ids.get(0));
    assertThat(line.get("publications"))
        .extracting(JsonNode::textValue)
        .isEqualTo(ids.subList(1, 3));
    assertThat(line.has("broker_id")).as("the answer came before any ack").isFalse();
  }

  /** The second publication is answered before it is acked. */
  @Test
  void brokerThatAckedLastIsLogged() throws IOException {
    start();
    agent.session.onPublish(
        publication -> {
          ClientRequest request = (ClientRequest) publication.event();
          if (published().size() == 1) {
            agent.session.deliver(TestAgent.ackOf(request));
            agent.session.deliver(error(request, Failure.NOT_RUN));
          } else {
            agent.session.deliver(TestAgent.responseTo(request, HELLO));
          }
        });

    exchange("GET / HTTP/1.1|Host: h||");

    assertThat(text(onlyLine(), "broker_id")).isEqualTo(TestAgent.BROKER.toString());
  }

  @Test
  void eachRequestOfAConnectionHasItsLine() throws IOException {
    start().answering(request -> HELLO);

    try (RawHttpCaller caller = call("GET /1 HTTP/1.1|Host: h||GET /2 HTTP/1.1|Host: h||")) {
      caller.receive();
      caller.receive();
    }

    assertThat(lines(2)).extracting(line -> text(line, "path")).containsExactly("/1", "/2");
  }

  @ParameterizedTest
  @CsvSource({
    "GET http://h/a?q=1 HTTP/1.1|Host: h, /a",
    "GET http://h HTTP/1.1|Host: h, /",
    "GET http://secret@h/a HTTP/1.1|Host: h, /a",
    "CONNECT h:80 HTTP/1.1|Host: h:80, h:80",
    "GET /a;p=1//..%2F\u00e9 HTTP/1.1|Host: h, /a;p=1//..%2F\u00e9"
  })
  void pathIsLoggedAsReceivedWithoutTheAuthority(String request, String path) throws IOException {
    start().answering(unused -> HELLO);

    exchange(request + "||");

    assertThat(text(onlyLine(), "path")).isEqualTo(path);
  }

  @Test
  void longTextsAreCut() throws IOException {
    start().answering(request -> HELLO);

    exchange(
        "GET /" + "a".repeat(1_020) + " HTTP/1.1|Host: h|X-Request-Id: " + "b".repeat(300) + END);

    JsonNode line = onlyLine();
    assertThat(text(line, "path")).isEqualTo("/" + "a".repeat(999) + "...");
    assertThat(text(line, "x_request_id")).isEqualTo("b".repeat(200) + "...");
  }

  @Test
  void headerValuesAndQueryAreLoggedOnlyIfTheSettingsSaySo() throws Exception {
    String request = "GET /?q=1 HTTP/1.1|Host: h|Referer: http://from/|User-Agent: curl/8" + END;
    start().answering(unused -> HELLO);
    exchange(request);
    JsonNode hidden = onlyLine();
    agent.stop();

    start(Format.JSON, Visibility.LOGGED, TrustedProxies.NONE).answering(unused -> HELLO);
    exchange(request);

    JsonNode logged = lines(2).get(1);
    assertThat(hidden.toString())
        .doesNotContain("q=1")
        .doesNotContain("from")
        .doesNotContain("curl");
    assertThat(text(logged, "query")).isEqualTo("q=1");
    assertThat(text(logged, "referer")).isEqualTo("http://from/");
    assertThat(text(logged, "user_agent")).isEqualTo("curl/8");
  }

  /** The test's callers have the address 127.0.0.1. */
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1/32, '203.0.113.9, 127.0.0.1', 203.0.113.9",
    "127.0.0.1/32, 2001:db8::7, 2001:db8::7",
    "127.0.0.1/32, unknown, 127.0.0.1",
    "10.0.0.0/8, 203.0.113.9, 127.0.0.1"
  })
  void behindATrustedProxyTheCallersAddressIsLogged(
      String trusted, String forwardedFor, String caller) throws IOException {
    start(Format.JSON, Visibility.HIDDEN, TrustedProxies.parse(List.of(trusted)))
        .answering(request -> HELLO);

    exchange("GET / HTTP/1.1|Host: h|X-Forwarded-For: " + forwardedFor + END);

    assertThat(text(onlyLine(), "caller")).isEqualTo(caller);
  }

  @Test
  void hostileRequestHasOneLineInTheCombinedFormat() throws IOException {
    start(Format.COMBINED, Visibility.LOGGED, TrustedProxies.NONE).answering(request -> HELLO);

    exchange(
        "GET /\"\u00e9\\?\" 200 5 \"-\" HTTP/1.1|Host: h|User-Agent: \"\u0085[2J\\"
                .replace(" 200 5 ", "%20")
            + "|X-Request-Id: a\" b\t\u009b"
            + END);

    String line = rawLines(1).get(0);
    assertThat(line)
        .contains(
            "\"GET /\\x22\\xE9\\x5C?\\x22%20\\x22-\\x22 HTTP/1.1\" 200 5 \"-\" \"\\x22\\x85[2J\\x5C\" ")
        .endsWith(" x_request_id=\"a\\x22 b\\x09\\x9B\"")
        .matches("[ -~]*");
  }

  // --- helpers

  private static final String END = "||";

  private TestAgent start() {
    return start(Format.JSON, Visibility.HIDDEN, TrustedProxies.NONE);
  }

  private TestAgent start(Format format, Visibility visibility, TrustedProxies trusted) {
    ClientAgentConfig usual =
        TestAgent.with(new Forwarding(ForwardedHeaders.REPLACE, trusted, Underscores.PASS));
    agent =
        new TestAgent(
            TestAgent.logging(usual, TestAgent.accessLog(format, visibility, Optional.of(file()))));
    return agent;
  }

  private Path file() {
    return directory.resolve("access.log");
  }

  private static Instant now() {
    return Instant.now();
  }

  private List<ClientRequest> published() {
    return agent.published(ClientRequest.class);
  }

  private static BrokerError error(ClientRequest request) {
    return error(request, Failure.NO_UPSTREAM_AGENT);
  }

  private static BrokerError error(ClientRequest request, Failure failure) {
    return new BrokerError(
        request.clientReqId(), UUID.randomUUID(), new EventError(failure, "why", Hop.BROKER));
  }

  private RawHttpCaller call(String request) throws IOException {
    return agent.call(request.replace("|", "\r\n"));
  }

  private Answer exchange(String request) throws IOException {
    try (RawHttpCaller caller = call(request)) {
      return request.startsWith("OPTIONS ") ? caller.receiveHead() : caller.receive();
    }
  }

  private JsonNode onlyLine() {
    return lines(1).get(0);
  }

  private List<JsonNode> lines(int count) {
    return rawLines(count).stream().map(AccessLogLinesTest::parse).toList();
  }

  private List<String> rawLines(int count) {
    await()
        .untilAsserted(
            () -> {
              assertThat(file()).exists();
              assertThat(Files.readAllLines(file())).hasSize(count);
            });
    try {
      return Files.readAllLines(file());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }

  private static String text(JsonNode line, String name) {
    return line.get(name).textValue();
  }

  private static void assertEnd(JsonNode line, String outcome, int status) {
    assertThat(text(line, "outcome")).isEqualTo(outcome);
    assertThat(line.get("status").intValue()).isEqualTo(status);
  }
}
