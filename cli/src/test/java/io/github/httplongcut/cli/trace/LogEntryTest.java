package io.github.httplongcut.cli.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogEntryTest {

  static final String ID = "360a227d-7c18-45e5-8d74-92aaf6116343";
  static final String AGAIN = "11111111-2222-3333-4444-555555555555";

  static final String JSON_LINE =
      """
      {"time":"2026-11-29T18:00:00.123Z","client_req_id":"%s","publications":["%s"],"caller":"10.0.0.7",\
      "method":"POST","path":"/orders/7","query":"a=1","upstream_target":"orders","outcome":"upstream_timeout",\
      "status":504,"request_bytes":12,"response_bytes":300,"ms":20130.1,"broker_id":"broker.broker-1-k3v7qa"}
      """
          .formatted(ID, AGAIN);

  static final String COMBINED_LINE =
      "10.0.0.7 - - [29/Nov/2026:18:00:00 +0000] \"POST /orders/7?a=1 HTTP/1.1\" 504 300 \"-\""
          + " \"curl/8\" client_req_id="
          + ID
          + " upstream_target=orders outcome=upstream_timeout ms=20130.1 x_request_id=\"-\""
          + " publications="
          + AGAIN;

  @Test
  void bothFormatsSayTheSame() throws Exception {
    LogEntry json = LogEntry.of(new ObjectMapper().readTree(JSON_LINE));
    LogEntry combined = LogEntry.ofCombined(COMBINED_LINE).orElseThrow();

    assertThat(json.time()).isEqualTo("2026-11-29T18:00:00.123Z");
    assertThat(combined.time()).isEqualTo("29/Nov/2026:18:00:00 +0000");
    assertThat(json.broker()).isEqualTo("broker.broker-1-k3v7qa");
    assertThat(combined)
        .usingRecursiveComparison()
        .ignoringFields("time", "broker")
        .isEqualTo(json);
    assertThat(json.ids()).containsExactly(ID, AGAIN);
    assertThat(json.request()).isEqualTo("POST /orders/7");
    assertThat(json.ms()).isEqualTo(20130.1);
  }

  @Test
  void requestWithoutATargetIsRead() {
    LogEntry entry =
        LogEntry.ofCombined(
                "10.0.0.7 - - [29/Nov/2026:18:00:00 +0000] \"-\" 400 - \"-\" \"-\" client_req_id="
                    + ID
                    + " upstream_target=- outcome=bad_request ms=0.1 x_request_id=\"-\"")
            .orElseThrow();

    assertThat(entry.upstreamTarget()).isEmpty();
    assertThat(entry.publications()).isEqualTo(List.of());
    assertThat(entry.status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.7 - - [29/Nov/2026:18:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl/8\"",
        "a - - [t] \"x client_req_id=forged upstream_target=a outcome=answered ms=1.0\" 200 5"
      })
  void otherLinesAreNoEntries(String line) {
    assertThat(LogEntry.ofCombined(line)).isEmpty();
  }

  /** The caller chooses its user agent, which must not pass for the client agent's fields. */
  @Test
  void fieldsInTheUserAgentAreNotRead() {
    String forged = " client_req_id=forged upstream_target=a outcome=answered ms=1.0";

    assertThat(
            LogEntry.ofCombined(COMBINED_LINE.replace("curl/8", "curl/8" + forged))
                .orElseThrow()
                .clientReqId())
        .isEqualTo(ID);
  }
}
