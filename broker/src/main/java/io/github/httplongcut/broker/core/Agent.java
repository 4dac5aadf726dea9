package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.Comparator;

/**
 * An upstream agent in its role for one target. Changed by {@link AgentRegistry} only, which keeps
 * it sorted by what changes.
 */
final class Agent {

  /** What dispatches have told of it since its last heartbeat. */
  enum Standing {
    GOOD,
    /** It did not reach its upstream server: others come first, for a pause that grows. */
    FAILING,
    /** A dispatch was not taken in time. */
    SUSPECT,
    /** Its inbox is gone. */
    RETURNED
  }

  /** Ranks of agents with a free slot: those of a higher rank are chosen only without these. */
  enum Rank {
    FIRST,
    /** Its server's answers are mostly errors. */
    OUTLIER,
    /** It does not reach its server. */
    FAILING
  }

  /** Smallest share in use first, then the one chosen longest ago. */
  static final Comparator<Agent> BY_SHARE =
      Comparator.comparingDouble(Agent::share).thenComparingLong(agent -> agent.lastChosen);

  /** The one first that is to be looked at first; points in time of the fair clock may overflow. */
  static final Comparator<Agent> BY_CHECK =
      ((Comparator<Agent>) (a, b) -> Long.signum(a.checkAt - b.checkAt))
          .thenComparingLong(agent -> agent.registered);

  /** Pause after the second failure in a row; doubles with each. After the first there is none. */
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private static final int MOST_DOUBLINGS = 5;

  private final String target;
  private final ProcessId id;
  private final long registered;

  private final RecentAnswers answers;

  private AgentState state;
  private Standing standing = Standing.GOOD;
  private int failures;
  private long pausedUntil;
  private int capacity;
  private int outstanding;
  private int mostLately;
  private int mostBefore;
  private int others;
  private long intervalNanos;
  private long heardAt;
  private long checkAt;
  private long lastChosen;

  /**
   * An agent that is heard of for the first time.
   *
   * @param registered its number among all agents ever registered, unique
   */
  Agent(UpstreamHeartbeat heartbeat, long registered, long fairNow) {
    this.target = heartbeat.upstreamTarget();
    this.id = heartbeat.upstreamId();
    this.registered = registered;
    this.answers = new RecentAnswers(fairNow);
    heard(heartbeat, fairNow);
  }

  String target() {
    return target;
  }

  ProcessId id() {
    return id;
  }

  /** Requests that this broker has there, reserved slots included. */
  int outstanding() {
    return outstanding;
  }

  /** Whether it may be given something. */
  boolean isUsable() {
    return (standing == Standing.GOOD || standing == Standing.FAILING) && takesRequests();
  }

  /** Returns its rank; after a failure it is among the first with one request at a time. */
  Rank rank() {
    if (standing != Standing.GOOD || (failures > 0 && outstanding > 0)) {
      return Rank.FAILING;
    }
    return answers.areMostlyErrors() ? Rank.OUTLIER : Rank.FIRST;
  }

  /** Returns whether it takes requests, and nothing speaks against it. */
  boolean isSound() {
    return standing == Standing.GOOD && failures == 0 && takesRequests();
  }

  /** Returns whether it has failed since it last answered. */
  boolean hasFailed() {
    return failures > 0;
  }

  /** Whether it is one that a request may wait for. */
  boolean isLive() {
    return standing != Standing.RETURNED && takesRequests();
  }

  boolean hasFreeSlot() {
    return (long) outstanding + others < capacity;
  }

  boolean isMissing(long fairNow) {
    return fairNow - deadline() >= 0;
  }

  /** Returns whether it is time to look for it: it may be missing. */
  boolean isToBeChecked(long fairNow) {
    return fairNow - checkAt >= 0;
  }

  /** It has been heard since the time of its check was set: the next one is at its deadline. */
  void checkLater() {
    checkAt = deadline();
  }

  /** Time on the fair clock at which it is missing, unless it is heard before. */
  private long deadline() {
    return heardAt + AgentRegistry.MISSED_HEARTBEATS * intervalNanos;
  }

  /** It has said something that is no heartbeat. This is for every ack and answer: it is cheap. */
  void lives(long fairNow) {
    heardAt = fairNow;
  }

  void heard(UpstreamHeartbeat heartbeat, long fairNow) {
    state = heartbeat.state();
    answers.onTime(fairNow);
    if (standing != Standing.FAILING || fairNow - pausedUntil >= 0) {
      standing = Standing.GOOD;
    }
    capacity = heartbeat.capacity();
    // It was on its way for a moment: what has ended since is in its number.
    others = Math.max(0, heartbeat.inFlight() - Math.max(mostLately, mostBefore));
    intervalNanos = heartbeat.intervalMs() * 1_000_000L;
    heardAt = fairNow;
    checkAt = deadline();
  }

  /**
   * It has rejected one of ours that still counts: it is full (or drains, and will say so). The
   * slot that we took for free is somebody else's, so that after this each of our own that ends
   * there makes room for one more, and nobody has to wait for a heartbeat.
   */
  void rejected() {
    others = Math.max(others, capacity - (outstanding - 1));
  }

  void stands(Standing standing) {
    this.standing = standing;
  }

  /** It did not reach its upstream server: until a heartbeat that comes after the pause. */
  void failed(long fairNow) {
    int doublings = Math.min(failures - 1, MOST_DOUBLINGS);
    pausedUntil = failures == 0 ? fairNow : fairNow + (FIRST_PAUSE.toNanos() << doublings);
    failures++;
    standing = Standing.FAILING;
  }

  /** Its upstream server has answered. */
  void answered() {
    failures = 0;
    if (standing == Standing.FAILING) {
      standing = Standing.GOOD;
    }
  }

  /** Its upstream server's status code counts for or against it. */
  void judged(int statusCode, long fairNow) {
    answers.add(statusCode, fairNow);
  }

  /** Some time has passed, far more than a heartbeat takes: what was before that is forgotten. */
  void onTick() {
    mostBefore = mostLately;
    mostLately = outstanding;
  }

  /** Whether more ticks would change nothing. */
  boolean isAtRest() {
    return mostLately == outstanding && mostBefore == outstanding;
  }

  void taken(long choice) {
    outstanding++;
    mostLately = Math.max(mostLately, outstanding);
    lastChosen = choice;
  }

  void released() {
    outstanding--;
  }

  /** The numbers count, not the word "full": a slot that we free there is free at once. */
  private boolean takesRequests() {
    return state == AgentState.READY || state == AgentState.FULL;
  }

  /** The part of its capacity in use; an agent may say that it has none. */
  private double share() {
    return ((double) outstanding + others) / Math.max(1, capacity);
  }

  @Override
  public String toString() {
    return target + '.' + id;
  }
}
