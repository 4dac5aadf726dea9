package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.AgentState;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The state of each target: slots in use, unconfirmed answers, withdrawn, draining, gone. The
 * runner consults it before it takes requests, and the heartbeats publish it.
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

  /** Withdrawn targets with the reason of their last failed health check. */
  private final Map<Target, String> withdrawn = new HashMap<>();

  /** Faults of the targets' servers, as the last calls have shown them. */
  private final Map<Target, String> faults = new HashMap<>();

  private boolean draining;
  private boolean gone;

  /** Returns the state for the target's heartbeats. */
  AgentState stateOf(Target target) {
    if (gone) {
      return AgentState.GONE;
    }
    if (draining) {
      return AgentState.DRAINING;
    }
    if (withdrawn.containsKey(target)) {
      return AgentState.GONE;
    }
    boolean full = inFlight(target) >= target.capacity() || hasTooManyUnconfirmed(target);
    return full ? AgentState.FULL : AgentState.READY;
  }

  /** Returns whether RabbitMQ confirms answers too slowly: brokers must not send more requests. */
  private boolean hasTooManyUnconfirmed(Target target) {
    return unconfirmed(target) / MAX_UNCONFIRMED_PER_SLOT >= target.capacity()
        || unconfirmedBytes.getOrDefault(target, 0L) >= MAX_UNCONFIRMED_BYTES;
  }

  /**
   * Returns why the target takes no requests or cannot serve them; empty if it is well. A target
   * whose slots are all in use is well.
   */
  Optional<String> reasonOf(Target target) {
    if (gone || draining) {
      return Optional.of("the agent is stopping");
    }
    if (withdrawn.containsKey(target)) {
      return Optional.of(withdrawn.get(target));
    }
    if (hasTooManyUnconfirmed(target)) {
      return Optional.of("RabbitMQ does not confirm the agent's answers");
    }
    return Optional.ofNullable(faults.get(target));
  }

  /**
   * Returns the number of requests that are taken and not answered. A slot is free once the answer
   * is handed to the publisher, before RabbitMQ confirms it: the broker counts in the same way, and
   * may send the next request before the confirm.
   */
  int inFlight(Target target) {
    return inFlight.getOrDefault(target, 0);
  }

  /** Returns the number of answers that are not confirmed. */
  int unconfirmed(Target target) {
    return unconfirmed.getOrDefault(target, 0);
  }

  /** Returns whether {@code requests} more requests may be taken. */
  boolean hasRoom(Target target, int requests) {
    return requests <= freeSlots(target);
  }

  /** Returns the number of requests that may be taken now; 0 unless the target is ready. */
  int freeSlots(Target target) {
    return stateOf(target) == AgentState.READY ? target.capacity() - inFlight(target) : 0;
  }

  /** Counts a request as taken. */
  void taken(Target target) {
    inFlight.merge(target, 1, Integer::sum);
  }

  /** Counts a request as ended without an answer. */
  void freed(Target target) {
    inFlight.merge(target, -1, Integer::sum);
  }

  /**
   * Counts a request as answered and its answer as unconfirmed.
   *
   * @param bytes memory of the answer's header fields and content
   */
  void answered(Target target, long bytes) {
    unconfirmed.merge(target, 1, Integer::sum);
    unconfirmedBytes.merge(target, bytes, Long::sum);
    freed(target);
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
    unconfirmed.merge(target, -1, Integer::sum);
  }

  /** Withdraws the target, since its health check fails. No more requests are taken. */
  void withdraw(Target target, String reason) {
    withdrawn.put(target, reason);
  }

  /** Notes a fault of the target's server, which does not change the state; empty if it is over. */
  void setFault(Target target, Optional<String> fault) {
    fault.ifPresentOrElse(text -> faults.put(target, text), () -> faults.remove(target));
  }

  /** Offers a withdrawn target again, since its health check passes. */
  void offer(Target target) {
    withdrawn.remove(target);
  }

  /** Returns whether the agent is draining: requests that have not started must not start. */
  boolean isDraining() {
    return draining;
  }

  /** Stops taking and starting requests of all targets, permanently. */
  void drain() {
    draining = true;
  }

  /** Sets the state of all targets to {@code gone}, permanently. */
  void markGone() {
    gone = true;
  }
}
