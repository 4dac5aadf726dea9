package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The steps of one request so far. Bounded: a request may be rejected any number of times, so of
 * more than {@value #MAX_STEPS} steps the middle ones are omitted.
 */
final class Timeline {

  static final int MAX_STEPS = 60;

  /** Steps that are always kept: the beginning of the story. */
  private static final int FIRST_STEPS = 20;

  private final List<TimelineStep> steps = new ArrayList<>(6);
  private TimelineStep last;
  private int omitted;
  private int dispatches;

  /**
   * Begins with the reception.
   *
   * @param now {@code nanoTime}
   */
  Timeline(UUID firstBrokerReqId, long now) {
    append(new TimelineStep(now, TimelineStage.RECEIVED, "", firstBrokerReqId, Optional.empty()));
  }

  /** Adds a step. A request that comes back from an agent is placed again at once: no step. */
  void add(Stage to, String why, UUID brokerReqId, long now) {
    if (to instanceof Stage.Unassigned) {
      return;
    }
    TimelineStage stage = to.timelineStage();
    if (stage == TimelineStage.DISPATCHED && isNewDispatch(brokerReqId)) {
      dispatches++;
    }
    Optional<ProcessId> agent = to.agent().map(Agent::id);
    append(new TimelineStep(now, stage, why, brokerReqId, agent));
  }

  private boolean isNewDispatch(UUID brokerReqId) {
    return last.stage() != TimelineStage.DISPATCHED || !last.brokerReqId().equals(brokerReqId);
  }

  private void append(TimelineStep step) {
    if (steps.size() == MAX_STEPS) {
      steps.remove(FIRST_STEPS);
      omitted++;
    }
    steps.add(step);
    last = step;
  }

  /** Returns whether a step has this {@code broker_req_id}. */
  boolean hasDispatch(UUID brokerReqId) {
    return steps.stream().anyMatch(step -> step.brokerReqId().equals(brokerReqId));
  }

  /** Returns a copy of the steps so far. */
  RequestSteps copy() {
    return new RequestSteps(List.copyOf(steps), omitted, dispatches);
  }

  /** Returns the steps, without a copy. No step may be added any more. */
  RequestSteps end() {
    return new RequestSteps(Collections.unmodifiableList(steps), omitted, dispatches);
  }
}
