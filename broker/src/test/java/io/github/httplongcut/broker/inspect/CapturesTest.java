package io.github.httplongcut.broker.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CapturesTest {

  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final int MAX_BYTES = 20_000;
  private static final int MAX_BODY = 1_000;

  private final Captures captures = captures(false);

  @Test
  void nothingIsKeptUnlessCapturingIsOn() {
    Captures off = new Captures(InspectConfig.OFF);
    off.onRequest(request(1, Body.ofText("x")));
    off.onResponse(id(1), response(Body.ofText("y")));

    assertThat(off.contains(id(1))).isFalse();
    assertThat(off.bytes()).isZero();
  }

  @Test
  void exchangeIsShownWithMasks() throws Exception {
    captures.onRequest(request(1, Body.ofText("{\"pin\":1}")));
    captures.onResponse(id(1), response(Body.of(new byte[] {(byte) 0xff, 0})));

    assertThat(shown(captures, 1))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"captured":{
                      "request":{"method":"POST","url":"/a?token=•••",
                        "headers":[["Authorization","•••"],["X","1"],["X","2"]],
                        "body":{"text":"{\\"pin\\":\\"•••\\"}","bytes":9,"truncated":false}},
                      "response":{"status":201,"headers":[["Set-Cookie","•••"]],
                        "body":{"base64":"/wA=","bytes":2,"truncated":false}}}}
                    """));
  }

  @Test
  void requestWithoutAnAnswerHasNoResponse() throws Exception {
    captures.onRequest(request(1, Body.ABSENT));

    JsonNode captured = shown(captures, 1).get("captured");
    assertThat(captured.has("response")).isFalse();
    assertThat(captured.at("/request/body").toString())
        .isEqualTo("{\"text\":\"\",\"bytes\":0,\"truncated\":false}");
  }

  @Test
  void unknownRequestHasNoMember() throws Exception {
    assertThat(shown(captures, 1).has("captured")).isFalse();
    captures.onResponse(id(1), response(Body.ABSENT));
    assertThat(captures.contains(id(1))).as("a response alone").isFalse();
  }

  /** A terminal would carry out the escape sequence, and turn the text around. */
  @Test
  void noCharacterReachesATerminal() throws Exception {
    captures.onRequest(request(1, Body.ofText("\u001b[2J\u202e\u009b\u007f")));

    PageAnswer page = PageAnswer.json(200, json -> CapturedJson.write(json, captures, id(1)));
    assertThat(page.body()).matches("[ -~\n]+");
    assertThat(shown(captures, 1).at("/captured/request/body/text").textValue())
        .isEqualTo("\u001b[2J\u202e\u009b\u007f");
  }

  @Test
  void secretsStayInMemoryOnlyForReplays() {
    captures.onRequest(request(1, Body.ofText("{\"pin\":1}")));
    assertThat(captures.find(id(1)).orElseThrow().toString()).contains("•••");
    assertThat(captures.find(id(1)).orElseThrow().request().url()).isEqualTo("/a?token=•••");

    Captures replayed = captures(true);
    ClientRequest original = request(1, Body.ofText("{\"pin\":1}"));
    replayed.onRequest(original);
    assertThat(replayed.find(id(1)).orElseThrow().request().original())
        .isEqualTo(original.request());
    assertThat(replayed.shown(id(1)).orElseThrow().request().url()).isEqualTo("/a?token=•••");
  }

  @Test
  void replayedRequestKeepsAbsentAndEmptyBodiesApart() {
    Captures replayed = captures(true);
    replayed.onRequest(request(1, Body.ABSENT));
    replayed.onRequest(request(2, Body.EMPTY));

    assertThat(replayed.find(id(1)).orElseThrow().request().original().body().isPresent())
        .isFalse();
    assertThat(replayed.find(id(2)).orElseThrow().request().original().body().isPresent()).isTrue();
  }

  @Test
  void longBodyIsCutBetweenCharacters() throws Exception {
    captures.onRequest(request(1, Body.ofText("x".repeat(MAX_BODY - 1) + "€".repeat(5))));

    JsonNode body = shown(captures, 1).at("/captured/request/body");
    assertThat(body.get("text").textValue()).isEqualTo("x".repeat(MAX_BODY - 1));
    assertThat(body.get("bytes").intValue()).isEqualTo(MAX_BODY - 1 + 15);
    assertThat(body.get("truncated").booleanValue()).isTrue();
  }

  @Test
  void secretsInCutBodiesAreMasked() throws Exception {
    captures.onRequest(request(1, Body.ofText("{\"pin\":\"" + "1".repeat(2 * MAX_BODY) + "\"}")));

    assertThat(shown(captures, 1).at("/captured/request/body/text").textValue())
        .isEqualTo("{\"pin\":\"•••\"");
  }

  @Test
  void oldestAreDroppedAtTheLimit() {
    for (int i = 0; i < 100; i++) {
      captures.onRequest(request(i, Body.ofText("x".repeat(500))));
      captures.onResponse(id(i), response(Body.ofText("y".repeat(500))));
      assertThat(captures.bytes()).isLessThanOrEqualTo(MAX_BYTES);
    }

    assertThat(captures.contains(id(99))).isTrue();
    assertThat(captures.contains(id(95))).isTrue();
    assertThat(captures.contains(id(0))).isFalse();
    assertThat(captures.bytes()).isGreaterThan(MAX_BYTES / 2);
  }

  @Test
  void exchangeOverTheLimitIsNotKept() {
    Headers.Builder many = Headers.builder();
    for (int i = 0; i < 500; i++) {
      many.add("h" + i, "");
    }
    captures.onRequest(request(1, Body.ABSENT));
    captures.onRequest(
        new ClientRequest(
            CLIENT, id(2), 1, new Request("orders", "GET", "/", many.build(), Body.ABSENT)));

    assertThat(captures.contains(id(2))).isFalse();
    assertThat(captures.bytes()).isZero();
  }

  @Test
  void firstRequestOfAnIdStays() throws Exception {
    captures.onRequest(request(1, Body.ofText("first")));
    captures.onRequest(request(1, Body.ofText("second")));

    assertThat(shown(captures, 1).at("/captured/request/body/text").textValue()).isEqualTo("first");
  }

  private static Captures captures(boolean replay) {
    return new Captures(new InspectConfig(true, replay, MAX_BYTES, MAX_BODY, List.of()));
  }

  private static JsonNode shown(Captures captures, int number) throws IOException {
    PageAnswer page = PageAnswer.json(200, json -> CapturedJson.write(json, captures, id(number)));
    return new ObjectMapper().readTree(page.body().getBytes(StandardCharsets.UTF_8));
  }

  private static UUID id(int number) {
    return new UUID(1, number);
  }

  private static ClientRequest request(int number, Body body) {
    Headers headers =
        Headers.builder().add("Authorization", "Basic eA==").add("X", "1").add("X", "2").build();
    return new ClientRequest(
        CLIENT, id(number), 1_000, new Request("orders", "POST", "/a?token=t", headers, body));
  }

  private static Response response(Body body) {
    return new Response(201, Headers.builder().add("Set-Cookie", "sid=1").build(), body);
  }
}
