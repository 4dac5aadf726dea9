package io.github.httplongcut.client.accesslog;

import static io.github.httplongcut.client.accesslog.AccessLogFixture.ANSWERED;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.BROKER;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.GET;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.ID;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.TIME;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.entry;
import static io.github.httplongcut.client.accesslog.AccessLogFixture.hostile;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.client.accesslog.AccessEntry.Received;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonEncoderTest {

  @Test
  void lineIsOneObject() {
    assertThat(encoded(entry(GET)))
        .isEqualTo(
            "{\"time\":\"2026-11-09T18:00:00.020Z\",\"client_req_id\":\""
                + ID
                + "\",\"caller\":\"192.0.2.7\",\"method\":\"GET\",\"path\":\"/orders/7\","
                + "\"upstream_target\":\"orders\",\"outcome\":\"answered\",\"status\":200,"
                + "\"request_bytes\":0,\"response_bytes\":5,\"ms\":12.3,\"broker_id\":\""
                + BROKER
                + "\"}\n");
  }

  @Test
  void lineHasEveryTextThatIsLogged() throws IOException {
    Received received =
        new Received("POST", "/a", "b=c", "HTTP/1.0", "http://from/", "curl/8", "shop-7");

    JsonNode line = parsed(entry(received));

    assertThat(line.get("query").textValue()).isEqualTo("b=c");
    assertThat(line.get("referer").textValue()).isEqualTo("http://from/");
    assertThat(line.get("user_agent").textValue()).isEqualTo("curl/8");
    assertThat(line.get("x_request_id").textValue()).isEqualTo("shop-7");
  }

  @Test
  void laterPublicationsAreListed() throws IOException {
    Relaying relaying =
        new Relaying(Optional.empty(), List.of(new UUID(0, 2), new UUID(0, 3)), Optional.empty());

    JsonNode line = parsed(entry(relaying, ANSWERED));

    assertThat(line.get("publications"))
        .extracting(JsonNode::textValue)
        .containsExactly(new UUID(0, 2).toString(), new UUID(0, 3).toString());
    assertThat(line.has("upstream_target")).isFalse();
    assertThat(line.has("broker_id")).isFalse();
  }

  @Test
  void requestThatCouldNotBeParsedHasOnlyWhatIsKnown() throws IOException {
    AccessEntry entry =
        new AccessEntry(
            TIME,
            ID,
            "",
            Received.NOTHING,
            Relaying.NONE,
            new Result("bad_request", 400, 0, 251, 0));

    assertThat(parsed(entry).fieldNames())
        .toIterable()
        .containsExactly(
            "time", "client_req_id", "outcome", "status", "request_bytes", "response_bytes", "ms");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\",\"status\":200,\"x\":\"",
        "\\\",\"status\":200",
        "a\n{\"forged\":1}",
        "\u0000\u001b[2J\u0007\u007f",
        "\u0085\u2028\u202e\ud83d\ude00\u00e9"
      })
  void noTextEndsItsMemberOrItsLine(String text) throws IOException {
    AccessEntry entry = hostile(text);

    assertThat(encoded(entry)).matches("[ -~]*\n");
    JsonNode line = parsed(entry);
    assertThat(List.of("method", "path", "query", "referer", "user_agent", "x_request_id"))
        .allSatisfy(name -> assertThat(line.get(name).textValue()).isEqualTo(text));
    assertThat(line.size()).isEqualTo(16);
  }

  private static JsonNode parsed(AccessEntry entry) throws IOException {
    return new ObjectMapper().readTree(encoded(entry));
  }

  private static String encoded(AccessEntry entry) {
    return new String(new JsonEncoder().encode(entry), StandardCharsets.ISO_8859_1);
  }
}
