package io.github.httplongcut.system.faults;

import static io.github.httplongcut.system.faults.Expectation.ALL_MAY_FAIL;
import static io.github.httplongcut.system.faults.Expectation.NO_FAILURE;
import static io.github.httplongcut.system.faults.Expectation.NO_GET_FAILS;
import static io.github.httplongcut.system.faults.Expectation.POSTS_LOST_WITH_IT;
import static io.github.httplongcut.system.faults.RelayPart.BROKER;
import static io.github.httplongcut.system.faults.RelayPart.CLIENT_AGENT;
import static io.github.httplongcut.system.faults.RelayPart.UPSTREAM_AGENT;

import io.github.httplongcut.system.faults.RecordingUpstream.Behaviour;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * A fault of the fault suite: its injector, its duration, and the requests that may fail.
 *
 * <p>Faults of processes come before faults of their environment. Of two simultaneous faults, the
 * one that comes later in this list ends first, because a process can start only in a sound
 * environment.
 */
@SuppressWarnings(
    "ImmutableEnumChecker") // injectors have no state, and the counts are never changed
enum Fault implements FaultScenario {
  CLIENT_AGENT_KILLED(FaultInjectors.kill(CLIENT_AGENT), 0.5, NO_FAILURE),
  BROKER_KILLED(FaultInjectors.kill(BROKER), 0.5, POSTS_LOST_WITH_IT),
  UPSTREAM_AGENT_KILLED(FaultInjectors.kill(UPSTREAM_AGENT), 0.5, POSTS_LOST_WITH_IT),
  LAST_BROKER_KILLED(FaultInjectors.kill(BROKER), 1, ALL_MAY_FAIL, BROKER),
  LAST_UPSTREAM_AGENT_KILLED(FaultInjectors.kill(UPSTREAM_AGENT), 1, ALL_MAY_FAIL, UPSTREAM_AGENT),

  CLIENT_AGENT_FROZEN(FaultInjectors.freeze(CLIENT_AGENT), 5, NO_FAILURE),
  BROKER_FROZEN(FaultInjectors.freeze(BROKER), 5, NO_GET_FAILS),
  UPSTREAM_AGENT_FROZEN(FaultInjectors.freeze(UPSTREAM_AGENT), 5, NO_GET_FAILS),
  BROKER_FROZEN_FOR_LONG(FaultInjectors.freeze(BROKER), 20, NO_GET_FAILS, Length.LONG),
  UPSTREAM_AGENT_FROZEN_FOR_LONG(
      FaultInjectors.freeze(UPSTREAM_AGENT), 20, NO_GET_FAILS, Length.LONG),
  LAST_BROKER_FROZEN(FaultInjectors.freeze(BROKER), 5, ALL_MAY_FAIL, BROKER, Length.LONG),
  LAST_UPSTREAM_AGENT_FROZEN(
      FaultInjectors.freeze(UPSTREAM_AGENT), 5, ALL_MAY_FAIL, UPSTREAM_AGENT, Length.LONG),

  CLIENT_AGENT_DRAINED(FaultInjectors.drain(CLIENT_AGENT), 1, NO_FAILURE),
  BROKER_DRAINED(FaultInjectors.drain(BROKER), 1, NO_FAILURE),
  UPSTREAM_AGENT_DRAINED(FaultInjectors.drain(UPSTREAM_AGENT), 1, NO_FAILURE),

  CONNECTIONS_CLOSED(FaultInjectors.closeConnections(), 0.1, NO_GET_FAILS),
  RABBITMQ_RESTARTED(FaultInjectors.stopRabbitMq(), 0.5, ALL_MAY_FAIL),
  RABBITMQ_KILLED(FaultInjectors.killRabbitMq(), 0.5, ALL_MAY_FAIL),
  MEMORY_ALARM(FaultInjectors.memoryAlarm(), 3, ALL_MAY_FAIL),
  CLIENT_REQUEST_FULL(FaultInjectors.fillClientRequest(), 2, ALL_MAY_FAIL),
  CLIENT_AGENT_INBOX_DELETED(FaultInjectors.deleteInbox(CLIENT_AGENT), 0.1, ALL_MAY_FAIL),
  BROKER_INBOX_DELETED(FaultInjectors.deleteInbox(BROKER), 0.1, ALL_MAY_FAIL),
  UPSTREAM_AGENT_INBOX_DELETED(FaultInjectors.deleteInbox(UPSTREAM_AGENT), 0.1, ALL_MAY_FAIL),

  CLIENT_AGENT_PUBLISH_BLACK_HOLE(
      FaultInjectors.blackHole(CLIENT_AGENT, "publish"), 2, NO_GET_FAILS),
  CLIENT_AGENT_CONSUME_BLACK_HOLE(
      FaultInjectors.blackHole(CLIENT_AGENT, "consume"), 2, NO_GET_FAILS),
  BROKER_PUBLISH_BLACK_HOLE(FaultInjectors.blackHole(BROKER, "publish"), 2, NO_GET_FAILS),
  BROKER_CONSUME_BLACK_HOLE(FaultInjectors.blackHole(BROKER, "consume"), 2, NO_GET_FAILS),
  UPSTREAM_AGENT_PUBLISH_BLACK_HOLE(
      FaultInjectors.blackHole(UPSTREAM_AGENT, "publish"), 2, NO_GET_FAILS),
  UPSTREAM_AGENT_CONSUME_BLACK_HOLE(
      FaultInjectors.blackHole(UPSTREAM_AGENT, "consume"), 2, NO_GET_FAILS),

  CLIENT_AGENT_PUBLISH_RESET(FaultInjectors.reset(CLIENT_AGENT, "publish"), 0.1, NO_GET_FAILS),
  CLIENT_AGENT_CONSUME_RESET(FaultInjectors.reset(CLIENT_AGENT, "consume"), 0.1, NO_GET_FAILS),
  BROKER_PUBLISH_RESET(FaultInjectors.reset(BROKER, "publish"), 0.1, NO_GET_FAILS),
  BROKER_CONSUME_RESET(FaultInjectors.reset(BROKER, "consume"), 0.1, NO_GET_FAILS),
  UPSTREAM_AGENT_PUBLISH_RESET(FaultInjectors.reset(UPSTREAM_AGENT, "publish"), 0.1, NO_GET_FAILS),
  UPSTREAM_AGENT_CONSUME_RESET(FaultInjectors.reset(UPSTREAM_AGENT, "consume"), 0.1, NO_GET_FAILS),

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

  UPSTREAM_SERVER_REFUSES(FaultInjectors.refuse(), 2, ALL_MAY_FAIL),
  UPSTREAM_SERVER_REFUSES_ONE_OF_TWO(FaultInjectors.refuseAllButOne(), 3, NO_GET_FAILS),
  UPSTREAM_SERVER_REFUSES_THREE_OF_FOUR(
      FaultInjectors.refuseAllButOne(), 3, NO_GET_FAILS, UPSTREAM_AGENT, 4),
  UPSTREAM_SERVER_RESETS_MID_BODY(
      FaultInjectors.behaviour(Behaviour.RESETS_MID_BODY), 2, ALL_MAY_FAIL),
  UPSTREAM_SERVER_NEVER_ANSWERS(
      FaultInjectors.behaviour(Behaviour.NEVER_ANSWERS), 1.5, ALL_MAY_FAIL),
  UPSTREAM_SERVER_ANSWERS_LATE(
      FaultInjectors.behaviour(Behaviour.ANSWERS_LATE), 1.5, ALL_MAY_FAIL, Length.LONG),

  TENANT_FLOODS(FaultInjectors.flood(), 3, NO_FAILURE),
  CLOCKS_A_DAY_OFF(FaultInjectors.setClocks(), 3, NO_FAILURE),
  GARBAGE_IN_EVERY_QUEUE(FaultInjectors.garbage(), 0.5, NO_FAILURE);

  /** Short faults run in every build, long ones only with {@code -Pfaults-long}. */
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

  private final FaultInjector injector;
  private final Duration hold;
  private final Expectation expectation;
  private final Length length;
  private final Map<RelayPart, Integer> counts = new EnumMap<>(RelayPart.class);

  Fault(FaultInjector injector, double holdSeconds, Expectation expectation) {
    this(injector, holdSeconds, expectation, Length.SHORT);
  }

  Fault(
      FaultInjector injector,
      double holdSeconds,
      Expectation expectation,
      RelayPart part,
      int count) {
    this(injector, holdSeconds, expectation, Length.SHORT);
    counts.put(part, count);
  }

  Fault(FaultInjector injector, double holdSeconds, Expectation expectation, RelayPart alone) {
    this(injector, holdSeconds, expectation, alone, Length.SHORT);
  }

  Fault(
      FaultInjector injector,
      double holdSeconds,
      Expectation expectation,
      RelayPart alone,
      Length length) {
    this(injector, holdSeconds, expectation, length);
    counts.put(alone, 1);
  }

  Fault(FaultInjector injector, double holdSeconds, Expectation expectation, Length length) {
    this.injector = injector;
    this.hold = Duration.ofMillis((long) (holdSeconds * 1_000));
    this.expectation = expectation;
    this.length = length;
    for (RelayPart part : RelayPart.values()) {
      counts.put(part, 2);
    }
  }

  private static FaultInjector slow(RelayPart part, String connection) {
    return FaultInjectors.delay(part, connection, Duration.ofMillis(150));
  }

  private static FaultInjector narrow(RelayPart part, String connection) {
    return FaultInjectors.trickle(part, connection, 4_000);
  }

  @Override
  public FaultInjector injector() {
    return injector;
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
   * Returns whether both faults can be active at the same time. Most pairs can. Two faults must not
   * hit the only process of a role, and a fault that is injected through RabbitMQ needs a running
   * RabbitMQ.
   */
  boolean goesWith(Fault other) {
    return isPossibleBeside(other) && other.isPossibleBeside(this);
  }

  private boolean isPossibleBeside(Fault other) {
    if (this == other || this == CLOCKS_A_DAY_OFF) {
      return false;
    }
    if (this == CLIENT_REQUEST_FULL) {
      return !other.affectsProcesses()
          && !other.affectsOneOf(RelayPart.BROKER) // no broker runs during this fault
          && other != MEMORY_ALARM
          && !other.stopsRabbitMq();
    }
    if ((this == GARBAGE_IN_EVERY_QUEUE || this == TENANT_FLOODS) && other == MEMORY_ALARM) {
      return false; // both publish, which a memory alarm blocks
    }
    if (refusesSomeAgents()) {
      return !other.name().startsWith("UPSTREAM_"); // the remaining upstream agents must work
    }
    if (isAlone()) {
      return !other.affectsProcesses() && !other.affectsOneOf(alone());
    }
    if (stopsClientAgent()) {
      return !other.stopsClientAgent(); // of the two client agents, one must accept connections
    }
    return !stopsRabbitMq() || !(other.stopsRabbitMq() || other.needsRabbitMq());
  }

  /** Returns whether the fault is tested in pairs, with each paired fault that it goes with. */
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

  /** The role of which only one process runs. */
  private RelayPart alone() {
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() == 1)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  private boolean affectsOneOf(RelayPart part) {
    return name().startsWith(part.name());
  }

  private boolean affectsProcesses() {
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
