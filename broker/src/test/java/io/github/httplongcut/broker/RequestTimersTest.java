package io.github.httplongcut.broker;

import static io.github.httplongcut.broker.core.RequestRecords.answered;
import static io.github.httplongcut.broker.core.RequestRecords.cancelled;
import static io.github.httplongcut.broker.core.RequestRecords.failed;
import static io.github.httplongcut.broker.core.RequestRecords.unserved;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.metrics.BoundedLabels;
import io.github.httplongcut.protocol.Failure;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RequestTimersTest {

  private static final long MILLI = 1_000_000;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final BoundedLabels labels = new BoundedLabels();
  private final RequestTimers timers = new RequestTimers(registry, labels);

  @Test
  void wholeTimeIsRecordedByTargetAndOutcome() {
    timers.record(answered(1, 200, 0, 30 * MILLI));
    timers.record(answered(2, 503, 0, 10 * MILLI));
    timers.record(failed(3, Failure.UPSTREAM_BUSY, "why", 0));
    timers.record(cancelled(4, 0));

    assertThat(request("orders", "answered").count()).isEqualTo(2);
    assertThat(request("orders", "answered").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(40);
    assertThat(request("orders", "upstream_busy").count()).isEqualTo(1);
    assertThat(request("orders", "cancelled").count()).isEqualTo(1);
  }

  @Test
  void stagesInWhichTheRequestWasAreRecorded() {
    timers.record(answered(1, 200, 0, 30 * MILLI));

    assertThat(stage("wait").count()).isEqualTo(1);
    assertThat(stage("dispatch").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(30);
    assertThat(stage("settle").count()).isZero();
    assertThat(stage("run").count()).isZero();
  }

  @Test
  void targetsOverTheLimitShareALabel() {
    for (int i = 0; i < BoundedLabels.MAX_VALUES; i++) {
      labels.of("t" + i);
    }

    timers.record(answered(1, 200, 0, MILLI));

    assertThat(request(BoundedLabels.OTHER, "answered").count()).isEqualTo(1);
  }

  @Test
  void targetThatNobodyServesTakesNoLabel() {
    timers.record(unserved(1));
    assertThat(request(BoundedLabels.OTHER, "no_upstream_agent").count()).isEqualTo(1);

    timers.record(answered(2, 200, 0, MILLI));
    timers.record(unserved(3));
    assertThat(request("orders", "no_upstream_agent").count()).isEqualTo(1);
  }

  private Timer request(String target, String outcome) {
    return registry
        .get("longcut.broker.request")
        .tag("upstream_target", target)
        .tag("outcome", outcome)
        .timer();
  }

  private Timer stage(String stage) {
    return registry.get("longcut.broker.stage").tag("stage", stage).timer();
  }
}
