package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * Upstream agent for one target. Only {@link AgentRegistry} changes it, since the registry sorts
 * agents by fields that change.
 */
final class Agent {

  /** Standing of an agent, by the outcomes of its dispatches since its last heartbeat. */
  enum Standing {
    GOOD,
    /** The agent could not reach its upstream server: others are preferred, for a growing pause. */
    FAILING,
    /** The agent did not take or did not run a dispatch: it gets no new ones. */
    SUSPECT,
    /** The agent's inbox does not exist: it gets no new dispatches. */
    RETURNED
  }

  /** Ranks of agents with a free slot. Agents are chosen only if no better rank has a free one. */
  enum Rank {
    FIRST,
    /** The upstream server answers mostly with server errors. */
    OUTLIER,
    /** The agent cannot reach its upstream server. */
    FAILING
  }

  /**
   * Orders agents by the share of their capacity in use, then by their last choice, oldest first.
   */
  static final Comparator<Agent> BY_SHARE =
      Comparator.comparingDouble(Agent::share).thenComparingLong(agent -> agent.lastChosen);

  /** Orders agents by their next check, soonest first. Handles the overflow of {@code nanoTime}. */
  static final Comparator<Agent> BY_CHECK =
      ((Comparator<Agent>) (a, b) -> Long.signum(a.checkAt - b.checkAt))
          .thenComparingLong(agent -> agent.registered);

  /**
   * Pause after the second failure in a row; doubles with each further one. The first failure in a
   * row causes no pause.
   */
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private static final int MAX_DOUBLINGS = 5;

  private final String target;
  private final ProcessId id;
  private final long registered;

  private final RecentAnswers answers;
  private final SlidingCounts dispatches = TrafficMeter.rate();

  private AgentState state;
  private String version;
  private Optional<String> reason = Optional.empty();
  private Standing standing = Standing.GOOD;
  private int failures;
  private long pausedUntil;
  private int capacity;
  private int outstanding;
  private int peakSinceTick;
  private int peakBeforeTick;
  private int othersOutstanding;
  private long intervalNanos;
  private long lastSignOfLife;
  private long checkAt;
  private long lastChosen;

  /**
   * Creates an agent from its first heartbeat.
   *
   * @param registered the agent's number in the order of registration, unique
   */
  Agent(UpstreamHeartbeat heartbeat, long registered, long fairNow) {
    this.target = heartbeat.upstreamTarget();
    this.id = heartbeat.upstreamId();
    this.registered = registered;
    this.answers = new RecentAnswers(fairNow);
    onHeartbeat(heartbeat, fairNow);
  }

  String target() {
    return target;
  }

  ProcessId id() {
    return id;
  }

  /** Returns the slots that this broker's requests use at the agent, reserved ones included. */
  int outstanding() {
    return outstanding;
  }

  /** Returns whether the agent may get a dispatch if it has a free slot. */
  boolean isUsable() {
    return (standing == Standing.GOOD || standing == Standing.FAILING) && takesRequests();
  }

  /**
   * Returns the rank. An agent that has failed since its last response gets one request at a time:
   * while this broker uses a slot of it, its rank is {@link Rank#FAILING}.
   */
  Rank rank() {
    if (standing != Standing.GOOD || (failures > 0 && outstanding > 0)) {
      return Rank.FAILING;
    }
    return answers.areMostlyErrors() ? Rank.OUTLIER : Rank.FIRST;
  }

  /** Returns whether the agent takes requests, is in good standing and has no recent failure. */
  boolean isHealthy() {
    return standing == Standing.GOOD && failures == 0 && takesRequests();
  }

  /** Returns whether the agent failed to reach its server since the server's last response. */
  boolean hasFailed() {
    return failures > 0;
  }

  /** Returns whether a request may wait for a slot of this agent. */
  boolean isLive() {
    return standing != Standing.RETURNED && takesRequests();
  }

  boolean hasFreeSlot() {
    return (long) outstanding + othersOutstanding < capacity;
  }

  /** Returns the number of slots that this broker may use. */
  int freeSlots() {
    return Math.max(0, capacity - outstanding - othersOutstanding);
  }

  int capacity() {
    return capacity;
  }

  /** Returns the reason that the agent gave in its last heartbeat. */
  Optional<String> reason() {
    return reason;
  }

  /** Returns why the agent is not well, for operators; empty if it is. */
  String explanation() {
    if (reason.isPresent()) {
      return reason.get();
    }
    String byState =
        switch (state) {
          case READY, FULL -> "";
          case DRAINING -> "it is stopping";
          case GONE -> "it does not offer the target any more";
        };
    return byState.isEmpty() ? explanationOfStanding() : byState;
  }

  private String explanationOfStanding() {
    return switch (shownStanding()) {
      case GOOD -> "";
      case FAILING -> "it could not reach its server";
      case SUSPECT -> "it did not take its last request";
      case RETURNED -> "its inbox does not exist";
    };
  }

  /**
   * Returns the standing for operators. An agent that is tried again after a failure is still
   * failing: no response of its server has come.
   */
  private Standing shownStanding() {
    return standing == Standing.GOOD && failures > 0 ? Standing.FAILING : standing;
  }

  /** Returns the agent for operators. */
  AgentStatus status(long fairNow) {
    int used = (int) Math.min(Integer.MAX_VALUE, (long) outstanding + othersOutstanding);
    return new AgentStatus(
        id,
        target,
        state,
        shownStanding().name().toLowerCase(Locale.ROOT),
        new AgentStatus.Slots(capacity, used, freeSlots()),
        fairNow - lastSignOfLife,
        intervalNanos / 1_000_000,
        version,
        explanation());
  }

  boolean isMissing(long fairNow) {
    return fairNow - deadline() >= 0;
  }

  /** Returns whether the agent's check is due: it may be missing. */
  boolean isCheckDue(long fairNow) {
    return fairNow - checkAt >= 0;
  }

  /** Postpones the check to the deadline, which signs of life have moved. */
  void postponeCheck() {
    checkAt = deadline();
  }

  /** Returns the time on the fair clock from which the agent is missing if it remains silent. */
  private long deadline() {
    return lastSignOfLife + AgentRegistry.MISSED_HEARTBEATS * intervalNanos;
  }

  /** Notes an ack or an answer. Must be cheap, so it does not change the time of the check. */
  void onSignOfLife(long fairNow) {
    lastSignOfLife = fairNow;
  }

  void onHeartbeat(UpstreamHeartbeat heartbeat, long fairNow) {
    state = heartbeat.state();
    version = heartbeat.version();
    reason = heartbeat.reason();
    answers.forgetOld(fairNow);
    if (standing != Standing.FAILING || fairNow - pausedUntil >= 0) {
      standing = Standing.GOOD;
    }
    capacity = heartbeat.capacity();
    // The heartbeat was sent a moment ago: in_flight may include requests that ended since then.
    othersOutstanding = Math.max(0, heartbeat.inFlight() - Math.max(peakSinceTick, peakBeforeTick));
    intervalNanos = heartbeat.intervalMs() * 1_000_000L;
    lastSignOfLife = fairNow;
    checkAt = deadline();
  }

  /**
   * Notes that the agent rejected a request of this broker. That request still uses a slot here.
   * The agent is full, or drains and will say so in a heartbeat. So all slots without a request of
   * this broker count as used by other brokers, and so does the rejected request's slot. The agent
   * has no free slot until one of this broker's other requests ends there or the next heartbeat
   * comes.
   */
  void onRejected() {
    othersOutstanding = Math.max(othersOutstanding, capacity - (outstanding - 1));
  }

  void setStanding(Standing standing) {
    this.standing = standing;
  }

  /**
   * Notes that the agent could not reach its upstream server. The agent counts as failing until a
   * heartbeat after the pause, or a response.
   */
  void onUnreachable(long fairNow) {
    int doublings = Math.min(failures - 1, MAX_DOUBLINGS);
    pausedUntil = failures == 0 ? fairNow : fairNow + (FIRST_PAUSE.toNanos() << doublings);
    failures++;
    standing = Standing.FAILING;
  }

  /** Notes a response of the upstream server. */
  void onResponse() {
    failures = 0;
    if (standing == Standing.FAILING) {
      standing = Standing.GOOD;
    }
  }

  /** Counts the status code of a response, for outlier detection. */
  void countStatus(int statusCode, long fairNow) {
    answers.add(statusCode, fairNow);
  }

  /** Counts a dispatch. */
  void countDispatch(long now) {
    dispatches.add(0, now);
  }

  /** Returns the dispatches in the window of a rate. */
  int recentDispatches(long now) {
    return dispatches.sum(now);
  }

  /** Returns the state for operators. */
  TargetStatus.AgentKind kind() {
    if (!takesRequests()) {
      return TargetStatus.AgentKind.DRAINING;
    }
    return switch (shownStanding()) {
      case GOOD -> hasFreeSlot() ? TargetStatus.AgentKind.READY : TargetStatus.AgentKind.FULL;
      case FAILING -> TargetStatus.AgentKind.FAILING;
      case SUSPECT, RETURNED -> TargetStatus.AgentKind.SUSPECT;
    };
  }

  /** Starts a new measurement of the peak. A heartbeat is delivered in far less than one tick. */
  void onTick() {
    peakBeforeTick = peakSinceTick;
    peakSinceTick = outstanding;
  }

  /** Returns whether further ticks would change nothing. */
  boolean isAtRest() {
    return peakSinceTick == outstanding && peakBeforeTick == outstanding;
  }

  void acquireSlot(long choice) {
    outstanding++;
    peakSinceTick = Math.max(peakSinceTick, outstanding);
    lastChosen = choice;
  }

  void releaseSlot() {
    outstanding--;
  }

  /**
   * Returns whether the agent accepts requests. The state {@code full} does not count against it:
   * the slot numbers decide, so that a slot that this broker releases is free at once.
   */
  private boolean takesRequests() {
    return state == AgentState.READY || state == AgentState.FULL;
  }

  /** Returns the share of the capacity in use. The capacity may be 0. */
  private double share() {
    return ((double) outstanding + othersOutstanding) / Math.max(1, capacity);
  }

  @Override
  public String toString() {
    return target + '.' + id;
  }
}
