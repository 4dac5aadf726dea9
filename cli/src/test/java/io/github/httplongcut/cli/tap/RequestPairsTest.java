package io.github.httplongcut.cli.tap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestPairsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant START = Instant.parse("2026-11-29T18:00:00Z");

  private final RequestPairs pairs = new RequestPairs(FinishedRequest::json);
  private long milliseconds;

  @Test
  void answeredRequestHasOneLine() throws JsonProcessingException {
    assertThat(request("c1")).isEmpty();
    milliseconds = 12;
    assertThat(
            event("broker_request", "orders.plant.plant-1-x2m4cd", "{\"client_req_id\": \"c1\"}"))
        .isEmpty();
    milliseconds = 130;

    List<String> lines = answer("c1");

    assertThat(lines).hasSize(1);
    assertThat(JSON.readTree(lines.get(0)))
        .isEqualTo(
            JSON.readTree(
                """
                {"time": "2026-11-29T18:00:00.130Z", "client_req_id": "c1", "upstream_target": "orders",
                 "method": "POST", "path": "/orders/7", "status": 200, "outcome": "answered", "ms": 130.0,
                 "upstream_agent": "plant.plant-1-x2m4cd"}
                """));
    assertThat(answer("c1")).as("the second answer").isEmpty();
  }

  @Test
  void lineForATerminalHasTheSameOrder() {
    FinishedRequest request =
        new FinishedRequest(
            START.toString(), "c1", "orders", "POST", "/a\033[2J", 0, "upstream_busy", 7.25, "");

    assertThat(request.line()).endsWith(":00:00.000 c1 orders POST /a [2J upstream_busy 7.3ms -");
  }

  @Test
  void errorAndCancelEndARequest() {
    request("c1");
    request("c2");

    assertThat(
            event(
                "broker_error",
                "acme.x",
                "{\"client_req_id\": \"c1\", \"error\": {\"code\": \"upstream_busy\"}}"))
        .singleElement()
        .asString()
        .contains("\"outcome\":\"upstream_busy\"")
        .doesNotContain("status");
    assertThat(event("client_cancel", "acme.x", "{\"client_req_id\": \"c2\"}"))
        .singleElement()
        .asString()
        .contains("\"outcome\":\"cancelled\"");
  }

  @Test
  void answerToARequestBeforeTheTapIsLeftOut() {
    assertThat(answer("c0")).isEmpty();
  }

  @Test
  void requestWithoutAnAnswerIsUnfinishedInTheEnd() {
    request("c1");
    milliseconds = 59_999;
    assertThat(request("c2")).isEmpty();
    milliseconds = 60_000;

    assertThat(request("c3"))
        .singleElement()
        .asString()
        .contains("\"client_req_id\":\"c1\"", "\"outcome\":\"unfinished\"", "\"ms\":60000.0");
    assertThat(answer("c2")).hasSize(1);
  }

  /** No other event comes if the relay hangs. */
  @Test
  void unfinishedRequestNeedsNoFurtherEvent() {
    request("c1");

    assertThat(pairs.linesAt(now(59_999))).isEmpty();
    assertThat(pairs.linesAt(now(60_000)))
        .singleElement()
        .asString()
        .contains("\"client_req_id\":\"c1\"", "\"outcome\":\"unfinished\"");
    assertThat(pairs.linesAt(now(60_001))).isEmpty();
  }

  @Test
  void repeatedIdHidesNoOtherRequest() {
    request("again");
    request("c1");
    milliseconds = 50_000;
    request("again");

    assertThat(pairs.linesAt(now(60_000))).singleElement().asString().contains("\"c1\"");
  }

  @Test
  void memoryIsBounded() {
    for (int i = 0; i <= RequestPairs.MOST_OPEN; i++) {
      request("c" + i);
    }

    assertThat(answer("c0")).isEmpty();
    assertThat(answer("c1")).hasSize(1);
  }

  @Test
  void hugeTextsAreCut() {
    event(
        "client_request",
        "k",
        "{\"client_req_id\": \"c1\", \"url\": \"/%s\", \"method\": \"%s\"}"
            .formatted("x".repeat(60_000), "M".repeat(60_000)));

    assertThat(answer("c1")).singleElement().asString().hasSizeLessThan(800);
  }

  @Test
  void messageThatIsNoEventIsIgnored() {
    assertThat(event("client_request", "k", "7")).isEmpty();
    assertThat(event("amq.topic", "k", "{\"client_req_id\": \"c1\"}")).isEmpty();
  }

  private List<String> request(String id) {
    return event(
        "client_request",
        "orders.acme.x",
        """
        {"client_req_id": "%s", "upstream_target": "orders", "method": "POST", "url": "/orders/7?secret=1"}
        """
            .formatted(id));
  }

  private List<String> answer(String id) {
    return event(
        "broker_response",
        "acme.x",
        "{\"client_req_id\": \"%s\", \"status_code\": 200}".formatted(id));
  }

  private List<String> event(String exchange, String key, String json) {
    try {
      JsonNode event = JSON.readTree(json);
      TracedMessage message =
          new TracedMessage(exchange, key, "acme", List.of(), new ArrayList<>(List.of(event)));
      return pairs.lines(message, event, now(milliseconds));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Moment now(long milliseconds) {
    return new Moment(START.plusMillis(milliseconds), milliseconds * 1_000_000);
  }
}
