package io.github.httplongcut.cli.tap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TapJsonTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Moment NOW = new Moment(Instant.parse("2026-11-29T18:00:00.123Z"), 0);

  private static final String REQUEST =
      """
      {"client_req_id": "c1", "method": "POST", "url": "/a", "headers": {"Cookie": ["secret"]},
       "body": "grüß\\u001b", "body_encoding": "utf-8"}
      """;

  @Test
  void contentIsLeftOut() throws Exception {
    List<String> lines = TapJson.withoutContent(message(REQUEST), JSON.readTree(REQUEST), NOW);

    assertThat(lines)
        .containsExactly(
            "{\"time\":\"2026-11-29T18:00:00.123Z\",\"exchange\":\"client_request\",\"user\":\"acme\","
                + "\"key\":\"k\",\"queues\":[\"q\"],\"batch\":1,"
                + "\"event\":{\"client_req_id\":\"c1\",\"method\":\"POST\",\"url\":\"/a\"}}");
  }

  @Test
  void completeEventIsOneLineOfAscii() throws Exception {
    List<String> lines = TapJson.complete(message(REQUEST), JSON.readTree(REQUEST), NOW);

    assertThat(lines).singleElement().asString().isPrintable().isASCII();
    assertThat(JSON.readTree(lines.get(0)).path("event")).isEqualTo(JSON.readTree(REQUEST));
  }

  @Test
  void messageThatIsNoEventHasNone() throws Exception {
    JsonNode number = JSON.readTree("7");

    assertThat(TapJson.withoutContent(message("7"), number, NOW))
        .singleElement()
        .asString()
        .endsWith("\"batch\":1}");
  }

  private static TracedMessage message(String json) throws Exception {
    return new TracedMessage(
        "client_request", "k", "acme", List.of("q"), List.of(JSON.readTree(json)));
  }
}
