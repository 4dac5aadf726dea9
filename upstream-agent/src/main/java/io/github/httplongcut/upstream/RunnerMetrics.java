package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.core.Target;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.UpstreamStage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The metrics of the runner. Belongs to the loop; any thread may read the meters. */
final class RunnerMetrics {

  private final Map<Target, TargetMetrics> targets = new HashMap<>();
  private final Timer start;
  private final Timer confirm;

  RunnerMetrics(MeterRegistry registry, Targets targets) {
    targets.all().forEach(target -> this.targets.put(target, new TargetMetrics(registry, target)));
    start = UpstreamStage.START.register(registry);
    confirm = UpstreamStage.CONFIRM.register(registry);
  }

  void slots(Target target, int inFlight, int free) {
    of(target).slots(inFlight, free);
  }

  /** Sets the target's health: 1 while it is offered, 0 while it is withdrawn. */
  void healthy(Target target, int healthy) {
    of(target).healthy(healthy);
  }

  /** Counts requests that were rejected because the target is full, draining or withdrawn. */
  void rejected(Target target, int events) {
    of(target).rejected(events);
  }

  /**
   * Records that a request starts to run.
   *
   * @param nanos time since the agent got it
   */
  void started(long nanos) {
    start.record(nanos, TimeUnit.NANOSECONDS);
  }

  void responded(Target target) {
    of(target).responded();
  }

  void failed(Target target, Failure failure) {
    of(target).failed(failure);
  }

  /**
   * Records the outcome of an answer.
   *
   * @param nanos time since the answer was handed to the publisher
   */
  void answerDone(long nanos) {
    confirm.record(nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Records the end of an answered request.
   *
   * @param nanos time since the agent got it
   */
  void ended(Target target, Optional<Failure> failure, long nanos) {
    of(target).ended(failure, nanos);
  }

  /**
   * Records the end of a cancelled request.
   *
   * @param nanos time since the agent got it
   */
  void cancelled(Target target, long nanos) {
    of(target).cancelled(nanos);
  }

  private TargetMetrics of(Target target) {
    return targets.get(target);
  }
}
