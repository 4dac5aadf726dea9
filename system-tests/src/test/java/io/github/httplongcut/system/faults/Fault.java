package io.github.httplongcut.system.faults;

import static io.github.httplongcut.system.faults.Expectation.ALL_MAY_FAIL;
import static io.github.httplongcut.system.faults.Expectation.NO_FAILURE;
import static io.github.httplongcut.system.faults.Expectation.NO_GET_FAILS;
import static io.github.httplongcut.system.faults.Expectation.POSTS_LOST_WITH_IT;
import static io.github.httplongcut.system.faults.RelayPart.BROKER;
import static io.github.httplongcut.system.faults.RelayPart.CLIENT_AGENT;
import static io.github.httplongcut.system.faults.RelayPart.UPSTREAM_AGENT;

import io.github.httplongcut.system.faults.RecordingUpstream.Mood;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Everything that fails in the fault suite: what happens, to what, for how long, at what cost. What
 * happens to processes stands before what happens around them: of two faults at once the later is
 * ended first, since a process that is started wants everything else as it should be.
 */
@SuppressWarnings("ImmutableEnumChecker") // strikes have no state, and nobody changes the counts
enum Fault implements Trouble {
  CLIENT_AGENT_KILLED(Strikes.kill(CLIENT_AGENT), 0.5, NO_FAILURE),
  BROKER_KILLED(Strikes.kill(BROKER), 0.5, POSTS_LOST_WITH_IT),
  UPSTREAM_AGENT_KILLED(Strikes.kill(UPSTREAM_AGENT), 0.5, POSTS_LOST_WITH_IT),
  LAST_BROKER_KILLED(Strikes.kill(BROKER), 1, ALL_MAY_FAIL, BROKER),
  LAST_UPSTREAM_AGENT_KILLED(Strikes.kill(UPSTREAM_AGENT), 1, ALL_MAY_FAIL, UPSTREAM_AGENT),

  CLIENT_AGENT_FROZEN(Strikes.freeze(CLIENT_AGENT), 5, NO_FAILURE),
  BROKER_FROZEN(Strikes.freeze(BROKER), 5, NO_GET_FAILS),
  UPSTREAM_AGENT_FROZEN(Strikes.freeze(UPSTREAM_AGENT), 5, NO_GET_FAILS),
  BROKER_FROZEN_FOR_LONG(Strikes.freeze(BROKER), 20, NO_GET_FAILS, Length.LONG),
  UPSTREAM_AGENT_FROZEN_FOR_LONG(Strikes.freeze(UPSTREAM_AGENT), 20, NO_GET_FAILS, Length.LONG),
  LAST_BROKER_FROZEN(Strikes.freeze(BROKER), 5, ALL_MAY_FAIL, BROKER, Length.LONG),
  LAST_UPSTREAM_AGENT_FROZEN(
      Strikes.freeze(UPSTREAM_AGENT), 5, ALL_MAY_FAIL, UPSTREAM_AGENT, Length.LONG),

  CLIENT_AGENT_DRAINED(Strikes.drain(CLIENT_AGENT), 1, NO_FAILURE),
  BROKER_DRAINED(Strikes.drain(BROKER), 1, NO_FAILURE),
  UPSTREAM_AGENT_DRAINED(Strikes.drain(UPSTREAM_AGENT), 1, NO_FAILURE),

  CONNECTIONS_CLOSED(Strikes.closeConnections(), 0.1, NO_GET_FAILS),
  RABBITMQ_RESTARTED(Strikes.stopRabbitMq(), 0.5, ALL_MAY_FAIL),
  RABBITMQ_KILLED(Strikes.killRabbitMq(), 0.5, ALL_MAY_FAIL),
  MEMORY_ALARM(Strikes.memoryAlarm(), 3, ALL_MAY_FAIL),
  CLIENT_REQUEST_FULL(Strikes.fillClientRequest(), 2, ALL_MAY_FAIL),
  CLIENT_AGENT_INBOX_DELETED(Strikes.deleteInbox(CLIENT_AGENT), 0.1, ALL_MAY_FAIL),
  BROKER_INBOX_DELETED(Strikes.deleteInbox(BROKER), 0.1, ALL_MAY_FAIL),
  UPSTREAM_AGENT_INBOX_DELETED(Strikes.deleteInbox(UPSTREAM_AGENT), 0.1, ALL_MAY_FAIL),

  CLIENT_AGENT_PUBLISH_BLACK_HOLE(Strikes.blackHole(CLIENT_AGENT, "publish"), 2, NO_GET_FAILS),
  CLIENT_AGENT_CONSUME_BLACK_HOLE(Strikes.blackHole(CLIENT_AGENT, "consume"), 2, NO_GET_FAILS),
  BROKER_PUBLISH_BLACK_HOLE(Strikes.blackHole(BROKER, "publish"), 2, NO_GET_FAILS),
  BROKER_CONSUME_BLACK_HOLE(Strikes.blackHole(BROKER, "consume"), 2, NO_GET_FAILS),
  UPSTREAM_AGENT_PUBLISH_BLACK_HOLE(Strikes.blackHole(UPSTREAM_AGENT, "publish"), 2, NO_GET_FAILS),
  UPSTREAM_AGENT_CONSUME_BLACK_HOLE(Strikes.blackHole(UPSTREAM_AGENT, "consume"), 2, NO_GET_FAILS),

  CLIENT_AGENT_PUBLISH_RESET(Strikes.reset(CLIENT_AGENT, "publish"), 0.1, NO_GET_FAILS),
  CLIENT_AGENT_CONSUME_RESET(Strikes.reset(CLIENT_AGENT, "consume"), 0.1, NO_GET_FAILS),
  BROKER_PUBLISH_RESET(Strikes.reset(BROKER, "publish"), 0.1, NO_GET_FAILS),
  BROKER_CONSUME_RESET(Strikes.reset(BROKER, "consume"), 0.1, NO_GET_FAILS),
  UPSTREAM_AGENT_PUBLISH_RESET(Strikes.reset(UPSTREAM_AGENT, "publish"), 0.1, NO_GET_FAILS),
  UPSTREAM_AGENT_CONSUME_RESET(Strikes.reset(UPSTREAM_AGENT, "consume"), 0.1, NO_GET_FAILS),

  CLIENT_AGENT_PUBLISH_DELAYED(slow(CLIENT_AGENT, "publish"), 2, NO_FAILURE),
  CLIENT_AGENT_CONSUME_DELAYED(slow(CLIENT_AGENT, "consume"), 2, NO_FAILURE),
  BROKER_PUBLISH_DELAYED(slow(BROKER, "publish"), 2, NO_FAILURE),
  BROKER_CONSUME_DELAYED(slow(BROKER, "consume"), 2, NO_FAILURE),
  UPSTREAM_AGENT_PUBLISH_DELAYED(slow(UPSTREAM_AGENT, "publish"), 2, NO_FAILURE),
  UPSTREAM_AGENT_CONSUME_DELAYED(slow(UPSTREAM_AGENT, "consume"), 2, NO_FAILURE),

  CLIENT_AGENT_PUBLISH_TRICKLES(narrow(CLIENT_AGENT, "publish"), 2, ALL_MAY_FAIL),
  CLIENT_AGENT_CONSUME_TRICKLES(narrow(CLIENT_AGENT, "consume"), 2, ALL_MAY_FAIL),
  BROKER_PUBLISH_TRICKLES(narrow(BROKER, "publish"), 2, ALL_MAY_FAIL),
  BROKER_CONSUME_TRICKLES(narrow(BROKER, "consume"), 2, ALL_MAY_FAIL),
  UPSTREAM_AGENT_PUBLISH_TRICKLES(narrow(UPSTREAM_AGENT, "publish"), 2, ALL_MAY_FAIL),
  UPSTREAM_AGENT_CONSUME_TRICKLES(narrow(UPSTREAM_AGENT, "consume"), 2, ALL_MAY_FAIL),

  UPSTREAM_SERVER_REFUSES(Strikes.refuse(), 2, ALL_MAY_FAIL),
  UPSTREAM_SERVER_REFUSES_ONE_OF_TWO(Strikes.refuseAllButOne(), 3, NO_GET_FAILS),
  UPSTREAM_SERVER_REFUSES_THREE_OF_FOUR(
      Strikes.refuseAllButOne(), 3, NO_GET_FAILS, UPSTREAM_AGENT, 4),
  UPSTREAM_SERVER_RESETS_MID_BODY(Strikes.mood(Mood.RESETS_MID_BODY), 2, ALL_MAY_FAIL),
  UPSTREAM_SERVER_NEVER_ANSWERS(Strikes.mood(Mood.NEVER_ANSWERS), 1.5, ALL_MAY_FAIL),
  UPSTREAM_SERVER_ANSWERS_LATE(Strikes.mood(Mood.ANSWERS_LATE), 1.5, ALL_MAY_FAIL, Length.LONG),

  TENANT_FLOODS(Strikes.flood(), 3, NO_FAILURE),
  CLOCKS_A_DAY_OFF(Strikes.setClocks(), 3, NO_FAILURE),
  GARBAGE_IN_EVERY_QUEUE(Strikes.garbage(), 0.5, NO_FAILURE);

  /** Whether it is part of every build. */
  enum Length {
    SHORT,
    LONG
  }

  private static final Set<Fault> NEEDS_RABBITMQ =
      EnumSet.of(
          CONNECTIONS_CLOSED,
          MEMORY_ALARM,
          CLIENT_AGENT_INBOX_DELETED,
          BROKER_INBOX_DELETED,
          UPSTREAM_AGENT_INBOX_DELETED,
          TENANT_FLOODS,
          GARBAGE_IN_EVERY_QUEUE);

  private static final Set<Fault> PAIRED =
      EnumSet.of(
          CLIENT_AGENT_KILLED,
          BROKER_KILLED,
          UPSTREAM_AGENT_KILLED,
          CLIENT_AGENT_FROZEN,
          BROKER_FROZEN,
          UPSTREAM_AGENT_FROZEN,
          CLIENT_AGENT_DRAINED,
          BROKER_DRAINED,
          UPSTREAM_AGENT_DRAINED,
          CONNECTIONS_CLOSED,
          RABBITMQ_RESTARTED,
          RABBITMQ_KILLED,
          MEMORY_ALARM,
          BROKER_INBOX_DELETED,
          BROKER_PUBLISH_BLACK_HOLE,
          BROKER_CONSUME_BLACK_HOLE,
          UPSTREAM_SERVER_REFUSES,
          GARBAGE_IN_EVERY_QUEUE);

  private final Strike strike;
  private final Duration hold;
  private final Expectation expectation;
  private final Length length;
  private final Map<RelayPart, Integer> counts = new EnumMap<>(RelayPart.class);

  Fault(Strike strike, double holdSeconds, Expectation expectation) {
    this(strike, holdSeconds, expectation, Length.SHORT);
  }

  Fault(Strike strike, double holdSeconds, Expectation expectation, RelayPart part, int count) {
    this(strike, holdSeconds, expectation, Length.SHORT);
    counts.put(part, count);
  }

  Fault(Strike strike, double holdSeconds, Expectation expectation, RelayPart alone) {
    this(strike, holdSeconds, expectation, alone, Length.SHORT);
  }

  Fault(
      Strike strike, double holdSeconds, Expectation expectation, RelayPart alone, Length length) {
    this(strike, holdSeconds, expectation, length);
    counts.put(alone, 1);
  }

  Fault(Strike strike, double holdSeconds, Expectation expectation, Length length) {
    this.strike = strike;
    this.hold = Duration.ofMillis((long) (holdSeconds * 1_000));
    this.expectation = expectation;
    this.length = length;
    for (RelayPart part : RelayPart.values()) {
      counts.put(part, 2);
    }
  }

  private static Strike slow(RelayPart part, String connection) {
    return Strikes.delay(part, connection, Duration.ofMillis(150));
  }

  private static Strike narrow(RelayPart part, String connection) {
    return Strikes.trickle(part, connection, 4_000);
  }

  @Override
  public Strike strike() {
    return strike;
  }

  @Override
  public Duration hold() {
    return hold;
  }

  @Override
  public Expectation expectation() {
    return expectation;
  }

  boolean isLong() {
    return length == Length.LONG;
  }

  /**
   * Whether the two can be on at the same time, which is so for most: a part that is alone is
   * struck once, and what talks to RabbitMQ to begin or to end needs it.
   */
  boolean goesWith(Fault other) {
    return isPossibleBeside(other) && other.isPossibleBeside(this);
  }

  private boolean isPossibleBeside(Fault other) {
    if (this == other || this == CLOCKS_A_DAY_OFF) {
      return false;
    }
    if (this == CLIENT_REQUEST_FULL) {
      return !other.strikesProcesses()
          && !other.strikesOneOf(RelayPart.BROKER) // there is none
          && other != MEMORY_ALARM
          && !other.stopsRabbitMq();
    }
    if ((this == GARBAGE_IN_EVERY_QUEUE || this == TENANT_FLOODS) && other == MEMORY_ALARM) {
      return false; // it is published
    }
    if (refusesSomeAgents()) {
      return !other.name().startsWith("UPSTREAM_"); // whoever is left must do its part
    }
    if (isAlone()) {
      return !other.strikesProcesses() && !other.strikesOneOf(alone());
    }
    if (stopsClientAgent()) {
      return !other.stopsClientAgent(); // there are two, and callers must be able to connect
    }
    return !stopsRabbitMq() || !(other.stopsRabbitMq() || other.needsRabbitMq());
  }

  /** Whether it is tried together with each other such fault. */
  boolean isPaired() {
    return PAIRED.contains(this);
  }

  private boolean stopsRabbitMq() {
    return this == RABBITMQ_RESTARTED || this == RABBITMQ_KILLED;
  }

  private boolean refusesSomeAgents() {
    return this == UPSTREAM_SERVER_REFUSES_ONE_OF_TWO
        || this == UPSTREAM_SERVER_REFUSES_THREE_OF_FOUR;
  }

  private boolean stopsClientAgent() {
    return this == CLIENT_AGENT_KILLED || this == CLIENT_AGENT_DRAINED;
  }

  private boolean needsRabbitMq() {
    return NEEDS_RABBITMQ.contains(this);
  }

  private boolean isAlone() {
    return counts.containsValue(1);
  }

  /** The part of which there is one process only. */
  private RelayPart alone() {
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() == 1)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  private boolean strikesOneOf(RelayPart part) {
    return name().startsWith(part.name());
  }

  private boolean strikesProcesses() {
    return (name().contains("KILLED") && this != RABBITMQ_KILLED)
        || name().contains("FROZEN")
        || name().contains("DRAINED")
        || this == CLIENT_REQUEST_FULL;
  }

  @Override
  public Map<RelayPart, Integer> counts() {
    return counts;
  }
}
