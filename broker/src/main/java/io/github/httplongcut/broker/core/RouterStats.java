package io.github.httplongcut.broker.core;

import java.util.Map;

/**
 * Snapshot of the router's state and counters, for metrics.
 *
 * @param requests requests now, by stage
 * @param inFlightBytes bytes of the requests that were admitted
 * @param agents upstream agents known, each counted once per target
 * @param totals counters since the start
 * @param forgottenAgents agents forgotten since the start
 */
public record RouterStats(
    RequestCounts requests,
    long inFlightBytes,
    int agents,
    Totals totals,
    ForgottenAgents forgottenAgents) {

  /** Numbers of requests by stage. */
  public record RequestCounts(int waiting, int settling, int dispatched, int running) {

    /** Returns the number of requests in any stage. */
    public int total() {
      return waiting + settling + dispatched + running;
    }
  }

  /**
   * Counters since the start.
   *
   * @param received requests received, without expired ones and duplicates
   * @param dispatches requests dispatched to agents, each attempt counted
   * @param responses responses to requests in flight
   * @param forwarded answers to requests that this router does not know
   * @param drops events that were ignored, by reason
   * @param dispatchFailures dispatches that did not lead to an answer, by reason
   */
  public record Totals(
      long received,
      long dispatches,
      long responses,
      long forwarded,
      Map<DropReason, Long> drops,
      Map<DispatchFailure, Long> dispatchFailures) {}

  /**
   * Agents that were forgotten without a heartbeat that said {@code gone}.
   *
   * @param silent agents whose heartbeats were missed
   * @param displaced agents that made room for those of another user
   */
  public record ForgottenAgents(long silent, long displaced) {}
}
