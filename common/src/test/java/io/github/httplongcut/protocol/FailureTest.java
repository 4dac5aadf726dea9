package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FailureTest {

  /** The table of protocol section 5, repeated here so that a mistake in the enum is found. */
  @Test
  void codesAndStatusesMatchTheProtocol() {
    String table =
        Arrays.stream(Failure.values())
            .map(failure -> failure.status() + " " + failure.code())
            .collect(Collectors.joining("\n"));

    assertThat(table)
        .isEqualTo(
            """
            400 bad_request
            401 unauthorized
            403 caller_forbidden
            403 target_forbidden
            403 request_not_allowed
            404 no_route
            405 method_not_allowed
            408 read_timeout
            413 request_too_large
            414 url_too_long
            429 rate_limited
            431 headers_too_large
            500 internal_error
            501 not_implemented
            502 upstream_unreachable
            502 upstream_protocol_error
            502 response_too_large
            502 upstream_agent_lost
            503 overloaded
            503 upstream_busy
            503 no_upstream_agent
            503 broker_unavailable
            504 broker_ack_timeout
            504 upstream_ack_timeout
            504 upstream_reply_timeout
            504 upstream_timeout
            504 request_timeout
            508 loop_detected
            503 not_run""");
  }

  @Test
  void every503AndTheRateLimitHaveRetryAfter() {
    for (Failure failure : Failure.values()) {
      assertThat(failure.retryLater())
          .as(failure.code())
          .isEqualTo(failure.status() == 503 || failure.status() == 429);
    }
  }
}
