package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The steps of a request, and the time in each phase. Immutable. */
public final class RequestHistory {

  private final List<TimelineStep> steps;
  private final int omitted;
  private final int dispatches;
  private final Map<RequestPhase, Long> phases;

  /**
   * @param phases the nanoseconds in each phase that the request has left
   */
  RequestHistory(
      List<TimelineStep> steps, int omitted, int dispatches, Map<RequestPhase, Long> phases) {
    this.steps = steps;
    this.omitted = omitted;
    this.dispatches = dispatches;
    this.phases = phases;
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

  /** Returns the nanoseconds in a phase; empty if the request never was in it. */
  public OptionalLong nanosIn(RequestPhase phase) {
    Long nanos = phases.get(phase);
    return nanos == null ? OptionalLong.empty() : OptionalLong.of(nanos);
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
