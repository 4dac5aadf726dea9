package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.HttpCaller.Result;
import io.github.httplongcut.upstream.UpstreamAgentConfig.HealthCheck;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests with an interval of five seconds, a timeout of two seconds, rise 2 and fall 3. */
final class HealthChecksTest {

  private final Targets targets = new Targets(ProcessId.create("plant", "u1"), List.of(checked()));
  private final Target orders = targets.all().iterator().next();
  private final TargetStates states = new TargetStates();
  private final FakeHttp http = new FakeHttp();
  private final HealthChecks checks = new HealthChecks(targets, states, http, Runnable::run);
  private long now = 1_000_000_000L;

  @Test
  void checkRunsAtOnceAndEveryInterval() {
    passMillis(0);
    http.last().end(answer(200));
    passMillis(4_999);
    assertThat(http.calls).hasSize(1);
    passMillis(1);

    assertThat(http.calls).hasSize(2);
    assertThat(http.last().url).isEqualTo("/health"); // not under the base path
    assertThat(http.last().request.method()).isEqualTo("GET");
  }

  @Test
  void timeToTheNextCheckOrTimeoutIsKnown() {
    assertThat(millisToNext()).isZero();
    passMillis(0);
    assertThat(millisToNext()).isEqualTo(2_000); // until the timeout
    passMillis(500);
    http.last().end(answer(200));
    assertThat(millisToNext()).isEqualTo(4_500);
  }

  @ParameterizedTest
  @CsvSource({"200, READY", "302, READY", "400, GONE", "404, GONE", "503, GONE"})
  void stateFollowsTheStatus(int status, AgentState state) {
    passMillis(0);
    http.last().end(answer(status));

    assertThat(states.stateOf(orders)).isEqualTo(state);
  }

  @Test
  void targetIsWithdrawnWhileItsServerIsUnreachable() {
    passMillis(0);
    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.GONE);

    passMillis(5_000);
    http.last().end(answer(204));
    assertThat(states.stateOf(orders)).as("once").isEqualTo(AgentState.GONE);
    passMillis(5_000);
    http.last().end(answer(204));
    assertThat(states.stateOf(orders)).as("twice").isEqualTo(AgentState.READY);
  }

  @Test
  void singlePassOrFailureChangesNothing() {
    check(200, 503, 503, 200, 503, 503);
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);
    check(503);
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.GONE);
    check(200, 503, 200);
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.GONE);
    check(200);
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);
  }

  /** The server is busy, not down. */
  @Test
  void timeoutWhileRequestsAreAnsweredDoesNotCount() {
    check(200);
    passMillis(5_000);
    for (int i = 0; i < 5; i++) {
      states.serverAnswered(orders);
      passMillis(2_000);
      passMillis(3_000);
    }
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);

    passMillis(2_000);
    passMillis(3_000);
    passMillis(2_000);
    passMillis(3_000);
    passMillis(2_000);
    assertThat(states.stateOf(orders)).as("no request is answered").isEqualTo(AgentState.GONE);
  }

  @Test
  void errorStatusCountsWhileRequestsAreAnswered() {
    check(200);
    states.serverAnswered(orders);

    check(503, 503, 503);

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.GONE);
  }

  /** Runs consecutive checks, whose responses have these statuses. */
  private void check(int... statuses) {
    for (int status : statuses) {
      passMillis(http.calls.isEmpty() ? 0 : 5_000);
      http.last().end(answer(status));
    }
  }

  @Test
  void targetIsWithdrawnWhenItsServerIsTooSlow() {
    passMillis(0);
    passMillis(1_999);
    assertThat(states.stateOf(orders)).isEqualTo(AgentState.READY);
    passMillis(1);

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.GONE);
    assertThat(http.last().aborted).isTrue();
  }

  @Test
  void lateResponseIsNotTakenForTheNextChecks() {
    passMillis(0);
    passMillis(2_000);
    passMillis(3_000);
    assertThat(http.calls).hasSize(2);

    http.calls.get(0).end(answer(200));

    assertThat(states.stateOf(orders)).isEqualTo(AgentState.GONE);
  }

  private long millisToNext() {
    return Duration.ofNanos(checks.nanosToNext(now)).toMillis();
  }

  private void passMillis(long millis) {
    now += Duration.ofMillis(millis).toNanos();
    checks.onTick(now);
  }

  private static Result answer(int status) {
    return new Result.Answered(new Response(status, Headers.EMPTY, Body.ABSENT));
  }

  private static UpstreamAgentConfig.TargetConfig checked() {
    UpstreamAgentConfig.TargetConfig config = Examples.config("http://h/base");
    return new UpstreamAgentConfig.TargetConfig(
        config.name(),
        config.url(),
        config.capacity(),
        config.timeout(),
        config.maxResponseBody(),
        config.preserveHost(),
        config.trust(),
        Optional.of(
            new HealthCheck("/health", Duration.ofSeconds(5), Duration.ofSeconds(2), 2, 3)));
  }
}
