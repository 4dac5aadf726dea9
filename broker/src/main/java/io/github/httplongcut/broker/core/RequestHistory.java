package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  /** Returns whether the request was in a phase and has left it. */
  public boolean wasIn(RequestPhase phase) {
    return phases.containsKey(phase);
  }

  /** Returns the nanoseconds in a phase that the request has left; 0 if it never was in it. */
  public long nanosIn(RequestPhase phase) {
    return phases.getOrDefault(phase, 0L);
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
