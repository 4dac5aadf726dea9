package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Upstream target, as this broker sees it.
 *
 * @param requests requests of this broker only
 * @param withoutAgentSince time since which no agent takes requests, as {@code nanoTime}; empty if
 *     one does
 * @param lastAgent the agent that left last; empty if there never was one
 */
public record TargetStatus(
    String name,
    Agents agents,
    Requests requests,
    Recent recent,
    OptionalLong withoutAgentSince,
    Optional<LastAgent> lastAgent) {

  /** States of a target. */
  public enum State {
    OK,
    /** Its agents have no free slot: requests wait. */
    FULL,
    /** None of its agents serves requests well. */
    FAILING,
    /** No agent takes requests. */
    NO_AGENT
  }

  /**
   * Agents of a target.
   *
   * @param known agents that this broker knows
   * @param live agents that take requests
   * @param healthy live agents in good standing, without a recent failure
   * @param capacity slots of the live agents
   * @param free slots that this broker may use now
   * @param trouble the first agent that is not well, with its reason; empty if all are well
   * @param counts the known agents by state
   */
  public record Agents(
      int known,
      int live,
      int healthy,
      int capacity,
      int free,
      String trouble,
      AgentCounts counts) {

    static final Agents NONE = new Agents(0, 0, 0, 0, 0, "", AgentCounts.NONE);
  }

  /**
   * Requests of this broker for a target.
   *
   * @param inFlight requests with an agent, and those that are being settled for one
   * @param waiting requests in the waiting room
   * @param answered requests that a server has answered, since this broker remembers the target
   * @param failed requests that ended with an error of the relay
   */
  public record Requests(int inFlight, int waiting, long answered, long failed) {}

  /**
   * Recent requests of this broker for a target.
   *
   * @param traffic requests in the window of a rate
   * @param failures requests of the last 15 minutes that failed, by error code
   */
  public record Recent(TrafficReport traffic, Map<String, Integer> failures) {

    /** No requests. */
    public static final Recent NONE = new Recent(TrafficReport.NONE, Map.of());
  }

  /** States of an agent of a target. */
  public enum AgentKind {
    READY,
    /** Every slot is in use. */
    FULL,
    /** Takes no requests. */
    DRAINING,
    /** Did not take or did not run a dispatch. */
    SUSPECT,
    /** Could not reach its server. */
    FAILING
  }

  /** Numbers of agents by {@link AgentKind}. */
  public record AgentCounts(int ready, int full, int draining, int suspect, int failing) {

    /** No agents. */
    public static final AgentCounts NONE = new AgentCounts(0, 0, 0, 0, 0);

    /** Returns the counts; a state that is absent has none. */
    static AgentCounts of(Map<AgentKind, Integer> byKind) {
      return new AgentCounts(
          byKind.getOrDefault(AgentKind.READY, 0),
          byKind.getOrDefault(AgentKind.FULL, 0),
          byKind.getOrDefault(AgentKind.DRAINING, 0),
          byKind.getOrDefault(AgentKind.SUSPECT, 0),
          byKind.getOrDefault(AgentKind.FAILING, 0));
    }
  }

  /** Returns whether this broker knows or remembers an agent of the target. */
  public boolean served() {
    return agents.known > 0 || lastAgent.isPresent();
  }

  /** Returns the state. */
  public State state() {
    if (agents.live == 0) {
      return State.NO_AGENT;
    }
    if (agents.healthy == 0) {
      return State.FAILING;
    }
    return agents.free == 0 ? State.FULL : State.OK;
  }

  /**
   * Returns the reason of the state, one sentence; empty if the state is {@link State#OK}. The
   * reason of {@link State#NO_AGENT} has no time and no last agent, which the reader adds.
   */
  public String reason() {
    return switch (state()) {
      case OK -> "";
      case FULL -> full();
      case FAILING ->
          (agents.live == 1
                  ? "its agent does not serve it: "
                  : "none of its " + agents.live + " agents serves it: ")
              + agents.trouble;
      case NO_AGENT -> noAgent();
    };
  }

  private String full() {
    String slots =
        "no slot is free: "
            + plural(agents.live, "agent")
            + " with "
            + plural(agents.capacity, "slot");
    return requests.waiting == 0
        ? slots
        : slots + "; " + plural(requests.waiting, "request") + " waiting";
  }

  private String noAgent() {
    return switch (agents.known) {
      case 0 -> "no upstream agent";
      case 1 -> "its agent takes no requests: " + agents.trouble;
      default -> "none of its " + agents.known + " agents takes requests: " + agents.trouble;
    };
  }

  private static String plural(int number, String word) {
    return number + " " + word + (number == 1 ? "" : "s");
  }
}
