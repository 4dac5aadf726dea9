package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemResponseTest {

  private static final UUID ID = UUID.fromString("00000000-0000-4000-8000-000000000001");

  @Test
  void aProblemHasAllMembersAndEscapedText() {
    EventError error =
        new EventError(Failure.UPSTREAM_TIMEOUT, "a \"b\" \\ \n \u0001 \u00fc", Hop.UPSTREAM_AGENT);

    Response response = ProblemResponse.of(error, ID, Optional.of("orders"));

    assertThat(new String(response.body().toByteArray(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"type\":\"urn:http-longcut:upstream_timeout\","
                + "\"title\":\"Upstream server timed out\",\"status\":504,"
                + "\"detail\":\"a \\\"b\\\" \\\\ \\u000a \\u0001 \u00fc\","
                + "\"code\":\"upstream_timeout\",\"hop\":\"upstream_agent\","
                + "\"client_req_id\":\"00000000-0000-4000-8000-000000000001\","
                + "\"upstream_target\":\"orders\"}\n");
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void theFailureDecidesStatusAndFields(Failure failure) {
    Response response =
        ProblemResponse.of(new EventError(failure, "why", Hop.BROKER), ID, Optional.empty());

    assertThat(response.statusCode()).isEqualTo(failure.status());
    assertThat(response.headers().all("Longcut-Error")).containsExactly(failure.code());
    assertThat(response.headers().contains("Retry-After"))
        .isEqualTo(failure.status() == 503 || failure.status() == 429);
    assertThat(response.headers().contains("Allow")).isEqualTo(failure.status() == 405);
  }
}
