package io.github.httplongcut.cli.tap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the terminal lines of traced messages. */
class TapLineTest {

  private static final LocalTime NOW = LocalTime.of(9, 5, 1, 7_000_000);

  @Test
  void requestShowsSenderQueuesMethodUrlIdsAndText() {
    String json =
        """
        {"client_req_id": "c1", "upstream_target": "orders", "method": "POST", "url": "/a?b=1",
         "body": "grüß", "body_encoding": "utf-8"}
        """;

    assertThat(lines("client_request", "orders.acme.x", List.of("client_request"), json))
        .containsExactly(
            "09:05:01.007 client_request     acme -> client_request key=orders.acme.x"
                + " POST /a?b=1 client_req_id=c1 body=\"grüß\"");
  }

  @Test
  void eachEventOfABatchHasItsOwnLine() {
    assertThat(
            lines(
                "client_request_ack",
                "acme.x",
                List.of("client-agent.acme.x"),
                "[{\"client_req_id\": \"c1\"}, {\"client_req_id\": \"c2\"}]"))
        .containsExactly(
            "09:05:01.007 client_request_ack acme -> client-agent.acme.x key=acme.x batch=2 client_req_id=c1",
            "09:05:01.007 client_request_ack acme -> client-agent.acme.x key=acme.x batch=2 client_req_id=c2");
  }

  @Test
  void errorShowsItsCodeAndHop() {
    String json =
        "{\"error\": {\"code\": \"upstream_busy\", \"message\": \"m\", \"hop\": \"broker\"}}";

    assertThat(lines("broker_error", "acme.x", List.of(), json))
        .containsExactly(
            "09:05:01.007 broker_error       acme -> (no queue) key=acme.x error=upstream_busy hop=broker");
  }

  @Test
  void heartbeatShowsTheStateOfTheAgent() {
    String json =
        "{\"upstream_target\": \"orders\", \"state\": \"ready\", \"capacity\": 100, \"in_flight\": 3}";

    assertThat(lines("upstream_heartbeat", "k", List.of("q1", "q2"), json))
        .containsExactly(
            "09:05:01.007 upstream_heartbeat acme -> q1,q2 key=k upstream_target=orders state=ready in_flight=3/100");
  }

  @Test
  void binaryBodyIsShownByItsLength() {
    assertThat(
            lines(
                "upstream_response",
                "k",
                List.of("q"),
                "{\"status_code\": 200, \"body\": \"AAECAw==\", \"body_encoding\": \"base64\"}"))
        .containsExactly(
            "09:05:01.007 upstream_response  acme -> q key=k status=200 body=(4 bytes)");
  }

  @Test
  void longTextIsTruncated() {
    String json = "{\"body\": \"" + "x".repeat(61) + "\", \"body_encoding\": \"utf-8\"}";

    assertThat(lines("broker_response", "k", List.of("q"), json).get(0))
        .endsWith(" body=\"" + "x".repeat(60) + "\"...");
  }

  @Test
  void noTextControlsTheTerminal() {
    String json =
        "{\"url\": \"/\\u001b[31m\", \"method\": \"G\\r\\nT\", \"body\": \"\\u009b1m\\u202e\", \"body_encoding\": \"utf-8\"}";

    assertThat(lines("client_request", "k\u0007\u2028\ue000.", List.of("q"), json).get(0))
        .isEqualTo(
            "09:05:01.007 client_request     acme -> q key=k   . G  T / [31m"
                + " body=\"\\u009b1m\\u202e\"");
  }

  /** A tenant may declare a queue with any such name, and bind it. */
  @Test
  void queuesDoNotControlTheTerminal() {
    assertThat(
            lines("broker_response\033c", "k", List.of("client-agent.acme.\033]0;x\007"), "{}")
                .get(0))
        .isEqualTo("09:05:01.007 broker_response c  acme -> client-agent.acme. ]0;x key=k");
  }

  @Test
  void invalidEventsAreMarked() {
    assertThat(lines("upstream_error", "k", List.of("q"), "not json"))
        .containsExactly("09:05:01.007 upstream_error     acme -> q key=k (not an event)");
    assertThat(lines("upstream_error", "k", List.of("q"), ""))
        .containsExactly("09:05:01.007 upstream_error     acme -> q key=k (not an event)");
  }

  private static List<String> lines(String exchange, String key, List<String> queues, String body) {
    BasicProperties properties =
        new BasicProperties.Builder()
            .headers(
                Map.of(
                    "exchange_name",
                    exchange,
                    "routing_keys",
                    List.of(key),
                    "routed_queues",
                    queues,
                    "user",
                    "acme"))
            .build();
    TracedMessage message = TracedMessage.of(properties, body.getBytes(UTF_8));
    return message.events().stream().map(event -> TapLine.of(message, event, NOW)).toList();
  }
}
