package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;

/**
 * Publishes each target's state to the brokers: every interval, and at once after a change
 * (protocol section 4, "Heartbeats").
 *
 * <ul>
 *   <li>A withdrawn or draining target keeps its heartbeats: they tell the brokers that its running
 *       requests are not lost.
 *   <li>While the inbox is not consumed, a target that would be {@code ready} or {@code full} is
 *       {@code draining}, since requests would not reach it.
 *   <li>A hello makes all agents of a fleet publish at the same moment. The pause after such a
 *       round is a random part of the interval, and every later pause varies, so that agents do not
 *       stay synchronized.
 * </ul>
 */
final class Heartbeats {

  /**
   * Minimum time between changes from {@code ready} to {@code full} or back: any request can cause
   * one.
   */
  static final Duration MIN_BETWEEN_READY_AND_FULL = Duration.ofMillis(100);

  /** Minimum time between rounds. One round answers all hellos that arrive within this time. */
  static final Duration MIN_BETWEEN_ROUNDS = Duration.ofMillis(200);

  private static final String NOT_CONSUMING =
      "the agent does not consume its inbox: it has lost its connection to RabbitMQ";

  /** An ordinary pause is shorter than the interval by a random part of up to this. */
  private static final double JITTER = 0.1;

  /**
   * Number of heartbeats after a rejection, {@link #MIN_BETWEEN_READY_AND_FULL} apart (see {@link
   * #onRejected}).
   */
  static final int AFTER_REJECTION = 5;

  /** An earlier id of the agent; {@code busy} is true while a request taken under that id runs. */
  private record FormerId(ProcessId id, BooleanSupplier busy) {}

  /**
   * The last heartbeat of a target.
   *
   * @param at time of publication, in nanoseconds of the loop's clock
   * @param pause time until the next heartbeat if nothing changes
   */
  private record LastHeartbeat(AgentState state, long at, Duration pause) {}

  private final RunnerSettings settings;
  private final Targets targets;
  private final TargetStates states;
  private final RunnerEffects effects;
  private final DoubleSupplier random;
  private final Map<Target, LastHeartbeat> lastHeartbeats = new HashMap<>();

  /** Heartbeats still to publish after a rejection. */
  private final Map<Target, Integer> dueAfterRejection = new HashMap<>();

  private final List<FormerId> formerIds = new ArrayList<>();
  private boolean consuming;
  private long formerIdsPublishedAt;
  private OptionalLong lastRound = OptionalLong.empty();
  private boolean helloPending;

  /**
   * @param random random numbers from 0 to 1; the sequence must differ between processes
   */
  Heartbeats(
      RunnerSettings settings,
      Targets targets,
      TargetStates states,
      RunnerEffects effects,
      DoubleSupplier random) {
    this.settings = settings;
    this.targets = targets;
    this.states = states;
    this.effects = effects;
    this.random = random;
  }

  /**
   * Handles a new id of the agent. Heartbeats under the former id say {@code draining} while {@code
   * busy} is true, so that brokers do not consider the running requests lost; then {@code gone}.
   */
  void onIdChanged(ProcessId formerId, BooleanSupplier busy) {
    formerIds.add(new FormerId(formerId, busy));
    lastHeartbeats.clear(); // no broker knows the new id yet
  }

  /** Publishes a heartbeat of every target, since the inbox is now consumed. */
  void onConsuming(long now) {
    consuming = true;
    publishRound(now);
  }

  /** Publishes the changed states: from now on requests do not reach this agent. */
  void onConsumingLost(long now) {
    consuming = false;
    onChange(now);
  }

  /** Answers a broker's hello with a round of heartbeats: now, or once a round is allowed again. */
  void onHello(long now) {
    if (nanosToRound(now) <= 0) {
      publishRound(now);
    } else {
      helloPending = true;
    }
  }

  private long nanosToRound(long now) {
    return lastRound.isEmpty() ? 0 : lastRound.getAsLong() + MIN_BETWEEN_ROUNDS.toNanos() - now;
  }

  /** Publishes the state of each target whose state has changed since its last heartbeat. */
  void onChange(long now) {
    targets.all().forEach(target -> onChange(target, now));
  }

  /** Publishes the target's state if the state has changed since the last heartbeat. */
  void onChange(Target target, long now) {
    LastHeartbeat last = lastHeartbeats.get(target);
    if (last == null || last.state == stateOf(target)) {
      return;
    }
    boolean slotsOnly = isReadyOrFull(last.state) && isReadyOrFull(stateOf(target));
    if (!slotsOnly || now - last.at >= MIN_BETWEEN_READY_AND_FULL.toNanos()) {
      publish(target, now);
    }
  }

  /**
   * Schedules {@link #AFTER_REJECTION} heartbeats. A broker that receives the rejection considers
   * the target full until the next heartbeat, or until one of its own requests there ends. The
   * rejection takes another route than the heartbeats, so the first heartbeat may arrive before it.
   */
  void onRejected(Target target) {
    dueAfterRejection.put(target, AFTER_REJECTION);
  }

  /** Publishes the heartbeats that are due. */
  void onTick(long now) {
    if (helloPending && nanosToRound(now) <= 0) {
      publishRound(now);
    }
    for (Target target : targets.all()) {
      onChange(target, now);
      LastHeartbeat last = lastHeartbeats.get(target);
      if (last != null && nanosToNext(target, last, now) <= 0) {
        publish(target, now);
      }
    }
    publishFormerIds(now);
  }

  private void publishFormerIds(long now) {
    boolean due = now - formerIdsPublishedAt >= settings.heartbeatInterval().toNanos();
    if (due) {
      formerIdsPublishedAt = now;
    }
    for (FormerId each : List.copyOf(formerIds)) {
      if (!each.busy.getAsBoolean()) {
        formerIds.remove(each);
        publishFormer(each.id, AgentState.GONE, now);
      } else if (due) {
        publishFormer(each.id, AgentState.DRAINING, now);
      }
    }
  }

  private void publishFormer(ProcessId id, AgentState state, long now) {
    String reason = "its inbox is out of reach: the agent continues as " + targets.upstreamId();
    targets.all().forEach(target -> publish(id, target, state, Optional.of(reason), now));
  }

  /**
   * Returns the time until the next heartbeat if nothing changes; MAX_VALUE while no heartbeat has
   * been published.
   */
  long nanosToNext(long now) {
    if (!formerIds.isEmpty()) {
      return 0; // every tick must check whether requests still run under a former id
    }
    long toRound = helloPending ? nanosToRound(now) : Long.MAX_VALUE;
    return lastHeartbeats.entrySet().stream()
        .mapToLong(each -> nanosToNext(each.getKey(), each.getValue(), now))
        .reduce(toRound, Math::min);
  }

  private long nanosToNext(Target target, LastHeartbeat last, long now) {
    boolean soon = dueAfterRejection.containsKey(target) || last.state != stateOf(target);
    Duration pause = soon ? MIN_BETWEEN_READY_AND_FULL : last.pause;
    return last.at + pause.toNanos() - now;
  }

  private void publishRound(long now) {
    formerIdsPublishedAt = now - settings.heartbeatInterval().toNanos();
    lastRound = OptionalLong.of(now);
    helloPending = false;
    targets.all().forEach(target -> publish(target, now, random.getAsDouble()));
  }

  private void publish(Target target, long now) {
    publish(target, now, 1 - JITTER * (1 - random.getAsDouble()));
  }

  /**
   * @param pause time until the next heartbeat, as a part of the interval
   */
  private void publish(Target target, long now, double pause) {
    if (!consuming && !lastHeartbeats.containsKey(target)) {
      return; // no broker knows this agent yet
    }
    AgentState state = stateOf(target);
    dueAfterRejection.computeIfPresent(target, (each, left) -> left == 1 ? null : left - 1);
    Duration wait = Duration.ofNanos((long) (pause * settings.heartbeatInterval().toNanos()));
    lastHeartbeats.put(target, new LastHeartbeat(state, now, wait));
    publish(targets.upstreamId(), target, state, reasonOf(target), now);
  }

  private void publish(
      ProcessId id, Target target, AgentState state, Optional<String> reason, long now) {
    UpstreamHeartbeat heartbeat =
        new UpstreamHeartbeat(
            id,
            target.name(),
            state,
            target.capacity(),
            states.inFlight(target),
            settings.heartbeatInterval().toMillis(),
            settings.version(),
            reason);
    effects.heartbeat(heartbeat, now + settings.heartbeatInterval().toNanos());
  }

  private AgentState stateOf(Target target) {
    AgentState state = states.stateOf(target);
    return !consuming && isReadyOrFull(state) ? AgentState.DRAINING : state;
  }

  private Optional<String> reasonOf(Target target) {
    return !consuming && isReadyOrFull(states.stateOf(target))
        ? Optional.of(NOT_CONSUMING)
        : states.reasonOf(target);
  }

  private static boolean isReadyOrFull(AgentState state) {
    return state == AgentState.READY || state == AgentState.FULL;
  }
}
