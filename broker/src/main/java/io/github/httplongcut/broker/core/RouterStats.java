package io.github.httplongcut.broker.core;

import java.util.Map;

/**
 * What the router holds and has done: a snapshot for metrics.
 *
 * @param holds requests by state now
 * @param inFlightBytes of those that were admitted
 * @param agents upstream agents known, once for each target
 * @param totals since the start
 * @param forgotten agents forgotten since the start
 */
public record RouterStats(
    Holds holds, long inFlightBytes, int agents, Totals totals, Forgotten forgotten) {

  /** Requests by state. */
  public record Holds(int waiting, int settling, int dispatched, int running) {}

  /**
   * Counts since the start.
   *
   * @param received requests taken
   * @param dispatches sent to agents
   * @param responses of requests in flight, answered
   * @param forwarded answers to requests that this router does not know
   * @param drops events that had no effect
   */
  public record Totals(
      long received,
      long dispatches,
      long responses,
      long forwarded,
      Map<DropReason, Long> drops) {}

  /**
   * Agents that were forgotten and had not said that they go.
   *
   * @param silent their heartbeats stayed away
   * @param displaced there were too many, and their user had the most
   */
  public record Forgotten(long silent, long displaced) {}
}
