package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.client.RawHttpCaller.Answer;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.Outcome;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids of requests in the answers to callers, and ids that callers give their requests. */
class RequestIdTest {

  private static final Response HELLO = new Response(200, Headers.EMPTY, Body.ofText("hello"));

  private final TestAgent agent = new TestAgent();

  @AfterEach
  void stop() throws InterruptedException {
    await().untilAsserted(() -> assertThat(agent.agent.isIdle()).isTrue());
    agent.stop();
  }

  @ParameterizedTest
  @CsvSource({"GET, 200", "HEAD, 200", "GET, 204", "GET, 304", "POST, 503"})
  void answerOfTheServerHasTheIdOfTheRequest(String method, int status) throws IOException {
    agent.answering(request -> new Response(status, Headers.EMPTY, Body.ABSENT));

    Answer answer = exchange(method + " / HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(answer.status()).isEqualTo(status);
    assertThat(ids(answer)).containsExactly(published().get(0).clientReqId().toString());
  }

  @Test
  void idOfTheServerIsReplaced() throws IOException {
    Headers headers = Headers.builder().add("longcut-request-ID", "forged").build();
    agent.answering(request -> new Response(200, headers, Body.ofText("x")));

    Answer answer = exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(ids(answer)).containsExactly(published().get(0).clientReqId().toString());
  }

  /** The first publication is returned: the answer belongs to the second. */
  @Test
  void answerHasTheFirstIdOfARequestThatWasPublishedAgain() throws IOException {
    agent.session.onPublish(
        publication -> {
          if (published().size() == 1) {
            agent.session.complete(publication, Outcome.RETURNED);
          } else {
            ClientRequest request = (ClientRequest) publication.event();
            agent.session.deliver(TestAgent.responseTo(request, HELLO));
          }
        });

    Answer answer = exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(published()).extracting(ClientRequest::clientReqId).doesNotHaveDuplicates();
    assertThat(ids(answer)).containsExactly(published().get(0).clientReqId().toString());
  }

  /** Undertow refuses the last three: no handler sees them. */
  @ParameterizedTest
  @CsvSource({
    "GET /nowhere HTTP/1.1|Host: else, 404",
    "TRACE / HTTP/1.1|Host: h, 405",
    "POST / HTTP/1.1|Host: h|Content-Length: 10001, 413",
    "GET /a\u0001b HTTP/1.1|Host: h, 400",
    "GET / HTTP/1.1|Host: h|Host: h, 400",
    "GET /%zz HTTP/1.1|Host: h, 400",
    "G(T / HTTP/1.1|Host: h, 400"
  })
  void problemHasTheSameIdInItsHeaderAndItsBody(String request, int status) throws IOException {
    Answer answer = exchange(request.replace("|", "\r\n") + "\r\n\r\n");

    assertThat(answer.status()).isEqualTo(status);
    assertThat(ids(answer)).hasSize(1).allSatisfy(RequestIdTest::assertIsId);
    assertThat(answer.body()).contains("\"client_req_id\":\"" + ids(answer).get(0) + "\"");
  }

  @Test
  void problemInsteadOfAnAnswerThatCannotBeWrittenHasAnId() throws IOException {
    Headers.Builder colliding = Headers.builder();
    for (int i = 0; i < 1 << 8; i++) { // the parts AR and BA contribute equally to the hash
      String bits = Integer.toBinaryString(1 << 8 | i).substring(1);
      colliding.add(bits.replace("0", "AR").replace("1", "BA"), "1");
    }
    agent.answering(request -> new Response(200, colliding.build(), Body.ofText("x")));

    Answer answer = exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assertThat(answer.status()).isEqualTo(502);
    assertThat(ids(answer)).containsExactly(published().get(0).clientReqId().toString());
  }

  @Test
  void answerOfTheClientAgentItselfHasAnId() throws IOException {
    Answer answer = exchange("OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n");

    assertThat(answer.status()).isEqualTo(204);
    assertThat(ids(answer)).hasSize(1).allSatisfy(RequestIdTest::assertIsId);
  }

  @Test
  void requestsOfOneConnectionHaveDifferentIds() throws IOException {
    agent.answering(request -> HELLO);

    try (RawHttpCaller caller = agent.call("GET / HTTP/1.1\r\nHost: h\r\n\r\n")) {
      List<String> first = ids(caller.receive());
      List<String> second = ids(caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive());
      assertThat(first).hasSize(1).doesNotContainAnyElementsOf(second);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-Request-Id: shop/7 \u00fc", "x-request-ID: a|X-Request-Id: b"})
  void requestIdOfTheCallerIsPassedOn(String fields) throws IOException {
    agent.answering(request -> HELLO);

    exchange("GET / HTTP/1.1|Host: h|".replace("|", "\r\n") + fields.replace("|", "\r\n") + END);

    List<String> values = List.of(fields.replaceAll("(?i)x-request-id: ", "").split("\\|"));
    assertThat(agent.request().headers().all("X-Request-Id")).isEqualTo(values);
  }

  @Test
  void idInTheFormOfOursIsNotPassedOn() throws IOException {
    agent.answering(request -> HELLO);

    Answer answer =
        exchange("GET / HTTP/1.1\r\nHost: h\r\nLongcut-Request-Id: " + new UUID(0, 1) + END);

    assertThat(agent.request().headers().contains("Longcut-Request-Id")).isFalse();
    assertThat(ids(answer)).doesNotContain(new UUID(0, 1).toString());
  }

  private static final String END = "\r\n\r\n";

  private static List<String> ids(Answer answer) {
    return answer.headers().all("Longcut-Request-Id");
  }

  private static void assertIsId(String text) {
    assertThat(UUID.fromString(text)).hasToString(text);
  }

  private List<ClientRequest> published() {
    return agent.published(ClientRequest.class);
  }

  private Answer exchange(String request) throws IOException {
    try (RawHttpCaller caller = agent.call(request)) {
      return request.startsWith("HEAD ") ? caller.receiveHead() : caller.receive();
    }
  }
}
