package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.Optional;

/** The steps of a request. Immutable. */
public final class RequestSteps {

  private final List<TimelineStep> steps;
  private final int omitted;
  private final int dispatches;

  RequestSteps(List<TimelineStep> steps, int omitted, int dispatches) {
    this.steps = steps;
    this.omitted = omitted;
    this.dispatches = dispatches;
  }

  /** Returns the steps, oldest first; the first is the reception. */
  public List<TimelineStep> steps() {
    return steps;
  }

  /** Returns the number of steps that are left out in the middle. */
  public int omittedSteps() {
    return omitted;
  }

  /** Returns the number of dispatches to agents. */
  public int dispatches() {
    return dispatches;
  }

  /** Returns the time of the reception, as {@code nanoTime}. */
  public long receivedAt() {
    return steps.get(0).at();
  }

  /** Returns the nanoseconds from the reception to the last step. */
  public long nanos() {
    return steps.get(steps.size() - 1).at() - receivedAt();
  }

  /** Returns whether the request was in a phase. */
  public boolean wasIn(RequestPhase phase) {
    for (int i = 0; i < steps.size(); i++) {
      if (isIn(phase, steps.get(i))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the nanoseconds in a phase, all stays together, until the last step. The time of
   * omitted steps counts for the phase before them.
   */
  public long nanosIn(RequestPhase phase) {
    long nanos = 0;
    for (int i = 1; i < steps.size(); i++) {
      if (isIn(phase, steps.get(i - 1))) {
        nanos += steps.get(i).at() - steps.get(i - 1).at();
      }
    }
    return nanos;
  }

  private static boolean isIn(RequestPhase phase, TimelineStep step) {
    return step.stage() != TimelineStage.OVER && RequestPhase.of(step.stage()) == phase;
  }

  /** Returns the last agent that had the request or was to get it. */
  public Optional<ProcessId> lastAgent() {
    for (int i = steps.size() - 1; i >= 0; i--) {
      if (steps.get(i).upstreamAgent().isPresent()) {
        return steps.get(i).upstreamAgent();
      }
    }
    return Optional.empty();
  }
}
