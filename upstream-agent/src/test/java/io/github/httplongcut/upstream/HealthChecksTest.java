package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.Examples;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import io.github.httplongcut.upstream.http.TargetConfig;
import io.github.httplongcut.upstream.http.TargetConfig.HealthCheck;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests with an interval of five seconds, a timeout of two seconds, rise 2 and fall 3. */
final class HealthChecksTest {

  private final Targets targets =
      new Targets(
          ProcessId.create("plant", "u1"),
          List.of(UpstreamAgentConfig.servedTarget(Examples.config("http://h/base"))));
  private final FakeHttp http = new FakeHttp();
  private final HealthChecks checks =
      new HealthChecks(List.of(checked()), targets, new Health(), http, Runnable::run);
  private boolean offered = true;
  private String reason = "";
  private int reached;
  private long serverAnswers;
  private long now = 1_000_000_000L;

  /** Remembers whether the target is offered. */
  private final class Health implements HealthChecks.TargetHealth {

    @Override
    public long serverAnswers(Target target) {
      return serverAnswers;
    }

    @Override
    public void reached(Target target) {
      reached++;
    }

    @Override
    public void withdraw(Target target, String why) {
      offered = false;
      reason = why;
    }

    @Override
    public void offer(Target target) {
      assertThat(offered).as("offered before").isFalse();
      offered = true;
    }
  }

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
  @CsvSource({"200, true", "302, true", "400, false", "404, false", "503, false"})
  void offerFollowsTheStatus(int status, boolean expected) {
    passMillis(0);
    http.last().end(answer(status));

    assertThat(offered).isEqualTo(expected);
  }

  @Test
  void targetIsWithdrawnWhileItsServerIsUnreachable() {
    passMillis(0);
    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));
    assertThat(offered).isFalse();

    passMillis(5_000);
    http.last().end(answer(204));
    assertThat(offered).as("once").isFalse();
    passMillis(5_000);
    http.last().end(answer(204));
    assertThat(offered).as("twice").isTrue();
  }

  @Test
  void singlePassOrFailureChangesNothing() {
    check(200, 503, 503, 200, 503, 503);
    assertThat(offered).isTrue();
    check(503);
    assertThat(offered).isFalse();
    check(200, 503, 200);
    assertThat(offered).isFalse();
    check(200);
    assertThat(offered).isTrue();
  }

  /** The server is busy, not down. */
  @Test
  void timeoutWhileRequestsAreAnsweredDoesNotCount() {
    check(200);
    passMillis(5_000);
    for (int i = 0; i < 5; i++) {
      serverAnswers++;
      passMillis(2_000);
      passMillis(3_000);
    }
    assertThat(offered).isTrue();

    passMillis(2_000);
    passMillis(3_000);
    passMillis(2_000);
    passMillis(3_000);
    passMillis(2_000);
    assertThat(offered).as("no request is answered").isFalse();
  }

  @Test
  void errorStatusCountsWhileRequestsAreAnswered() {
    check(200);
    serverAnswers++;

    check(503, 503, 503);

    assertThat(offered).isFalse();
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
    assertThat(offered).isTrue();
    passMillis(1);

    assertThat(offered).isFalse();
    assertThat(http.last().aborted).isTrue();
  }

  @Test
  void lateResponseIsNotTakenForTheNextChecks() {
    passMillis(0);
    passMillis(2_000);
    passMillis(3_000);
    assertThat(http.calls).hasSize(2);

    http.calls.get(0).end(answer(200));

    assertThat(offered).isFalse();
  }

  @Test
  void reasonNamesTheCheckAndItsResult() {
    check(500);
    assertThat(reason).isEqualTo("health check GET /health answers 500");

    passMillis(5_000);
    http.last()
        .end(
            new Result.Failed(
                Failure.UPSTREAM_UNREACHABLE,
                "upstream target 'orders': cannot connect to h:80: connection refused"));
    assertThat(reason)
        .isEqualTo("health check GET /health: cannot connect to h:80: connection refused");

    passMillis(5_000);
    passMillis(2_000);
    assertThat(reason).isEqualTo("health check GET /health: no response within 2000 ms");
  }

  /** A query of a check may hold a token. */
  @Test
  void reasonDoesNotShowTheQueryOfTheCheck() {
    HealthChecks withQuery =
        new HealthChecks(
            List.of(checked("/health?token=secret")), targets, new Health(), http, Runnable::run);
    withQuery.onTick(now);
    http.last().end(answer(503));

    assertThat(reason).isEqualTo("health check GET /health answers 503");
  }

  @Test
  void anyAnswerShowsThatTheServerIsReached() {
    check(200, 503);
    assertThat(reached).isEqualTo(2);

    passMillis(5_000);
    http.last().end(new Result.Failed(Failure.UPSTREAM_UNREACHABLE, "refused"));
    assertThat(reached).isEqualTo(2);
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

  private static TargetConfig checked() {
    return checked("/health");
  }

  private static TargetConfig checked(String path) {
    TargetConfig config = Examples.config("http://h/base");
    return new TargetConfig(
        config.name(),
        config.url(),
        config.capacity(),
        config.timeout(),
        config.maxResponseBody(),
        config.preserveHost(),
        config.trust(),
        Optional.of(new HealthCheck(path, Duration.ofSeconds(5), Duration.ofSeconds(2), 2, 3)));
  }
}
