package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.AgentState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How each target stands: slots in use, withdrawn or not, draining or not. What the runner takes
 * and what the heartbeats say come from here. Belongs to the loop.
 */
final class TargetStates {

  /**
   * So many answers for each slot may wait for RabbitMQ's confirm. Few would do while it is quick;
   * but the broker does not see them, so what it sends to an agent that has too many is rejected.
   */
  static final int UNCONFIRMED_FOR_EACH_SLOT = 16;

  /** So much content of a target's answers may wait for confirms. */
  static final long UNCONFIRMED_BYTES = 16L << 20;

  private final Map<Target, Integer> inFlight = new HashMap<>();
  private final Map<Target, Integer> unconfirmed = new HashMap<>();
  private final Map<Target, Long> unconfirmedBytes = new HashMap<>();
  private final Map<Target, Long> serverAnswers = new HashMap<>();
  private final Set<Target> withdrawn = new HashSet<>();
  private Consumer<Target> listener = target -> {};
  private Consumer<Target> whenRejected = target -> {};
  private boolean draining;
  private boolean gone;

  /** Who hears, after each change that may be one of {@link #stateOf}. */
  void onChange(Consumer<Target> listener) {
    this.listener = listener;
  }

  /** Who hears of rejections. */
  void onRejected(Consumer<Target> whenRejected) {
    this.whenRejected = whenRejected;
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
    // A RabbitMQ that takes no answers is sent no more requests for.
    boolean full =
        inFlight(target) >= target.capacity()
            || unconfirmed.getOrDefault(target, 0) / UNCONFIRMED_FOR_EACH_SLOT >= target.capacity()
            || unconfirmedBytes.getOrDefault(target, 0L) >= UNCONFIRMED_BYTES;
    return full ? AgentState.FULL : AgentState.READY;
  }

  /**
   * Requests taken and not yet answered. A slot is free with the answer, not with its confirm: the
   * broker counts so too, and may send the next one before RabbitMQ has confirmed.
   */
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

  /** One has ended without an answer; returns how many are left. */
  int freed(Target target) {
    return changed(target, inFlight.merge(target, -1, Integer::sum));
  }

  /**
   * One is answered, and the answer not confirmed yet; returns how many are left.
   *
   * @param bytes of the answer's content
   */
  int answered(Target target, long bytes) {
    unconfirmed.merge(target, 1, Integer::sum);
    unconfirmedBytes.merge(target, bytes, Long::sum);
    return freed(target);
  }

  /** The target's server has answered a request, and not with an error of its own. */
  void serverAnswered(Target target) {
    serverAnswers.merge(target, 1L, Long::sum);
  }

  /** Requests that it has answered in that way so far. */
  long serverAnswers(Target target) {
    return serverAnswers.getOrDefault(target, 0L);
  }

  /** The publication of an answer of that many bytes has come to its end. */
  void confirmed(Target target, long bytes) {
    unconfirmedBytes.merge(target, -bytes, Long::sum);
    changed(target, unconfirmed.merge(target, -1, Integer::sum));
  }

  /** The broker took it for free, and holds it for full now: it wants to know how it stands. */
  void rejected(Target target) {
    whenRejected.accept(target);
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
