package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.AgentState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The state of each target: slots in use, unconfirmed answers, withdrawn, draining, gone. The
 * runner consults it before it takes requests, and the heartbeats publish it. Belongs to the loop.
 */
final class TargetStates {

  /**
   * Number of unconfirmed answers per slot at which the target is full. Generous, because brokers
   * do not count unconfirmed answers: requests that they send to such a target are rejected.
   */
  static final int MAX_UNCONFIRMED_PER_SLOT = 16;

  /** Bytes of unconfirmed answers at which the target is full. */
  static final long MAX_UNCONFIRMED_BYTES = 16L << 20;

  private final Map<Target, Integer> inFlight = new HashMap<>();
  private final Map<Target, Integer> unconfirmed = new HashMap<>();
  private final Map<Target, Long> unconfirmedBytes = new HashMap<>();
  private final Map<Target, Long> serverAnswers = new HashMap<>();
  private final Set<Target> withdrawn = new HashSet<>();
  private Consumer<Target> changeListener = target -> {};
  private Consumer<Target> rejectionListener = target -> {};
  private boolean draining;
  private boolean gone;

  /** Sets the listener that is called after each change that may change {@link #stateOf}. */
  void onChange(Consumer<Target> listener) {
    this.changeListener = listener;
  }

  /** Sets the listener that is called after each rejection. */
  void onRejected(Consumer<Target> listener) {
    this.rejectionListener = listener;
  }

  /** Returns the state for the target's heartbeats. */
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
    // While RabbitMQ does not confirm answers, brokers must not send more requests.
    boolean full =
        inFlight(target) >= target.capacity()
            || unconfirmed.getOrDefault(target, 0) / MAX_UNCONFIRMED_PER_SLOT >= target.capacity()
            || unconfirmedBytes.getOrDefault(target, 0L) >= MAX_UNCONFIRMED_BYTES;
    return full ? AgentState.FULL : AgentState.READY;
  }

  /**
   * Returns the number of requests that are taken and not answered. A slot is free once the answer
   * is handed to the publisher, before RabbitMQ confirms it: the broker counts in the same way, and
   * may send the next request before the confirm.
   */
  int inFlight(Target target) {
    return inFlight.getOrDefault(target, 0);
  }

  /** Returns whether {@code requests} more requests may be taken. */
  boolean hasRoom(Target target, int requests) {
    return stateOf(target) == AgentState.READY && inFlight(target) + requests <= target.capacity();
  }

  /** Counts a request as taken. Returns the number now in flight. */
  int taken(Target target) {
    return changed(target, inFlight.merge(target, 1, Integer::sum));
  }

  /** Counts a request as ended without an answer. Returns the number still in flight. */
  int freed(Target target) {
    return changed(target, inFlight.merge(target, -1, Integer::sum));
  }

  /**
   * Counts a request as answered and its answer as unconfirmed. Returns the number still in flight.
   *
   * @param bytes memory of the answer's header fields and content
   */
  int answered(Target target, long bytes) {
    unconfirmed.merge(target, 1, Integer::sum);
    unconfirmedBytes.merge(target, bytes, Long::sum);
    return freed(target);
  }

  /** Counts a response of the target's server with a status code below 500. */
  void serverAnswered(Target target) {
    serverAnswers.merge(target, 1L, Long::sum);
  }

  /** Returns the number of responses counted by {@link #serverAnswered} so far. */
  long serverAnswers(Target target) {
    return serverAnswers.getOrDefault(target, 0L);
  }

  /** Counts an answer of {@code bytes} bytes as no longer unconfirmed: confirmed or given up. */
  void confirmed(Target target, long bytes) {
    unconfirmedBytes.merge(target, -bytes, Long::sum);
    changed(target, unconfirmed.merge(target, -1, Integer::sum));
  }

  /** Notifies the listener of a rejection: the broker will consider the target full. */
  void rejected(Target target) {
    rejectionListener.accept(target);
  }

  /** Withdraws the target, since its health check fails. No more requests are taken. */
  void withdraw(Target target) {
    withdrawn.add(target);
    changeListener.accept(target);
  }

  /** Offers a withdrawn target again, since its health check passes. */
  void offer(Target target) {
    withdrawn.remove(target);
    changeListener.accept(target);
  }

  /** Returns whether the agent is draining: requests that have not started must not start. */
  boolean isDraining() {
    return draining;
  }

  /** Stops taking and starting requests of all targets, permanently. */
  void drain(Targets targets) {
    draining = true;
    targets.all().forEach(changeListener);
  }

  /** Sets the state of all targets to {@code gone}, permanently. */
  void markGone(Targets targets) {
    gone = true;
    targets.all().forEach(changeListener);
  }

  private int changed(Target target, int count) {
    changeListener.accept(target);
    return count;
  }
}
