package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.http.Examples;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class ServerFaultsTest {

  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final UUID ID = new UUID(1, 1);

  private final Target orders = UpstreamAgentConfig.servedTarget(Examples.config("http://h/base"));
  private final List<String> faults = new ArrayList<>();
  private Instant now = Instant.parse("2026-11-29T14:02:11.9Z");
  private final ServerFaults tracker =
      new ServerFaults(() -> now, (target, fault) -> faults.add(fault.orElse("over")));

  @Test
  void faultNamesItsFirstFailureAndTime() {
    unreachable("cannot connect to h:80: connection refused");
    now = now.plusSeconds(60);
    unreachable("cannot connect to h:80: no route to host");

    assertThat(faults)
        .containsExactly("since 2026-11-29 14:02:11Z: cannot connect to h:80: connection refused");
  }

  @Test
  void responseEndsTheFault() {
    unreachable("refused");
    tracker.onAnswer(orders, response());
    tracker.onAnswer(orders, response());
    unreachable("refused");

    assertThat(faults)
        .containsExactly(
            "since 2026-11-29 14:02:11Z: refused", "over", "since 2026-11-29 14:02:11Z: refused");
  }

  @Test
  void answeredHealthCheckEndsTheFault() {
    unreachable("refused");
    tracker.onReached(orders);

    assertThat(faults).endsWith("over");
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"UPSTREAM_PROTOCOL_ERROR", "UPSTREAM_TIMEOUT", "RESPONSE_TOO_LARGE"})
  void failureAfterConnectingEndsTheFault(Failure failure) {
    unreachable("refused");
    tracker.onAnswer(orders, error(failure, "why"));

    assertThat(faults).endsWith("over");
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      mode = Mode.EXCLUDE,
      names = {"UPSTREAM_PROTOCOL_ERROR", "UPSTREAM_TIMEOUT", "RESPONSE_TOO_LARGE"})
  void otherFailuresDoNot(Failure failure) {
    unreachable("refused");
    tracker.onAnswer(orders, error(failure, "why"));

    assertThat(faults).hasSize(1);
  }

  private void unreachable(String why) {
    String message = "upstream target '" + orders.name() + "': " + why;
    tracker.onAnswer(orders, error(Failure.UPSTREAM_UNREACHABLE, message));
  }

  private static Event error(Failure failure, String message) {
    return new UpstreamError(
        CLIENT, ID, ID, ID, new EventError(failure, message, Hop.UPSTREAM_AGENT));
  }

  private static Event response() {
    return new UpstreamResponse(CLIENT, ID, ID, ID, new Response(503, Headers.EMPTY, Body.ABSENT));
  }
}
