package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.AgentState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How each target stands: slots in use, withdrawn or not, draining or not. What the runner takes
 * and what the heartbeats say come from here. Belongs to the loop's thread.
 */
final class TargetStates {

  private final Map<Target, Integer> inFlight = new HashMap<>();
  private final Set<Target> withdrawn = new HashSet<>();
  private Consumer<Target> listener = target -> {};
  private boolean draining;
  private boolean gone;

  /** Who hears, after each change that may be one of {@link #stateOf}. */
  void onChange(Consumer<Target> listener) {
    this.listener = listener;
  }

  /** What a heartbeat says now. */
  AgentState stateOf(Target target) {
    if (gone) {
      return AgentState.GONE;
    }
    if (draining) {
      return AgentState.DRAINING;
    }
    if (withdrawn.contains(target)) {
      return AgentState.GONE;
    }
    return inFlight(target) >= target.capacity() ? AgentState.FULL : AgentState.READY;
  }

  /** Requests taken and not yet answered. */
  int inFlight(Target target) {
    return inFlight.getOrDefault(target, 0);
  }

  /** Whether that many more may be taken. */
  boolean hasRoom(Target target, int requests) {
    return stateOf(target) == AgentState.READY && inFlight(target) + requests <= target.capacity();
  }

  /** One more is taken; returns how many are now. */
  int taken(Target target) {
    return changed(target, inFlight.merge(target, 1, Integer::sum));
  }

  /** One has ended; returns how many are left. */
  int freed(Target target) {
    return changed(target, inFlight.merge(target, -1, Integer::sum));
  }

  /** Its health check fails: nothing more is taken. */
  void withdraw(Target target) {
    withdrawn.add(target);
    listener.accept(target);
  }

  /** Its health check passes again. */
  void offer(Target target) {
    withdrawn.remove(target);
    listener.accept(target);
  }

  /** Whether what is not started yet is not to be. */
  boolean isDraining() {
    return draining;
  }

  /** Nothing more is taken or started, of any target; for good. */
  void drain(Targets targets) {
    draining = true;
    targets.all().forEach(listener);
  }

  /** The agent leaves; for good. */
  void leave(Targets targets) {
    gone = true;
    targets.all().forEach(listener);
  }

  private int changed(Target target, int count) {
    listener.accept(target);
    return count;
  }
}
