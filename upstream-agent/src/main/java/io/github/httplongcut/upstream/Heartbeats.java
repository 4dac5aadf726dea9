package io.github.httplongcut.upstream;

import io.github.httplongcut.amqp.Publication;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Says how each target stands: every interval, and at once when it changes (protocol section 4,
 * "Heartbeats"); a target that was withdrawn or drains still has its heartbeats, which tell the
 * brokers that what it runs is not lost. So does one whose inbox is not consumed: it drains, since
 * requests would not reach it. Belongs to the loop.
 *
 * <p>A fleet must not beat in step: after a round that all agents make at the same moment, as a
 * hello asks for, each goes on at a moment of its own, and no pause is quite like the last.
 */
final class Heartbeats {

  /** Between {@code ready} and {@code full} it goes to and fro with every request. */
  static final Duration MIN_BETWEEN_READY_AND_FULL = Duration.ofMillis(100);

  /** All hellos of this time are answered with one round. */
  static final Duration MIN_BETWEEN_ROUNDS = Duration.ofMillis(200);

  /** Part of the interval by which a pause may be shorter. */
  private static final double JITTER = 0.1;

  /** So many, one behind the other as soon as that may be, follow a rejection. */
  static final int AFTER_REJECTION = 5;

  /** An id that the agent had, and whether something still runs under it. */
  private record Former(ProcessId id, BooleanSupplier busy) {}

  /**
   * The last heartbeat of a target.
   *
   * @param pause until it is said again, if nothing changes
   */
  private record Said(AgentState state, long at, Duration pause) {}

  /**
   * Who speaks.
   *
   * @param version of this release
   */
  record Self(ProcessId upstreamId, Duration interval, String version) {}

  private final Self self;
  private final Targets targets;
  private final TargetStates states;
  private final Consumer<Publication> outbox;
  private final DoubleSupplier random;
  private final Map<Target, Said> said = new HashMap<>();
  private final Map<Target, Integer> owed = new HashMap<>();
  private final List<Former> former = new ArrayList<>();
  private ProcessId upstreamId;
  private boolean consuming;
  private long formerSaidAt;
  private OptionalLong lastRound = OptionalLong.empty();
  private boolean helloWaits;

  /**
   * @param random from 0 to 1, different in each process
   */
  Heartbeats(
      Self self,
      Targets targets,
      TargetStates states,
      Consumer<Publication> outbox,
      DoubleSupplier random) {
    this.self = self;
    this.upstreamId = self.upstreamId;
    this.targets = targets;
    this.states = states;
    this.outbox = outbox;
    this.random = random;
  }

  /**
   * The agent goes on under another id. Under the one so far it says {@code draining} for as long
   * as {@code busy} holds, so that what runs is not taken for lost, and then {@code gone}.
   */
  void moveTo(ProcessId newId, BooleanSupplier busy) {
    former.add(new Former(upstreamId, busy));
    upstreamId = newId;
    said.clear(); // nobody knows this id yet
  }

  /** The inbox is consumed: here we are. */
  void onConsuming(long now) {
    consuming = true;
    sayAll(now);
  }

  /** Requests do not reach us now. */
  void onConsumingLost(long now) {
    consuming = false;
    targets.all().forEach(target -> onChange(target, now));
  }

  /** A broker does not know anybody yet. */
  void onHello(long now) {
    if (nanosToRound(now) <= 0) {
      sayAll(now);
    } else {
      helloWaits = true;
    }
  }

  private long nanosToRound(long now) {
    return lastRound.isEmpty() ? 0 : lastRound.getAsLong() + MIN_BETWEEN_ROUNDS.toNanos() - now;
  }

  /** The target's state may have changed. */
  void onChange(Target target, long now) {
    Said last = said.get(target);
    if (last == null || last.state == stateOf(target)) {
      return;
    }
    boolean toAndFro = isAboutSlots(last.state) && isAboutSlots(stateOf(target));
    if (!toAndFro || now - last.at >= MIN_BETWEEN_READY_AND_FULL.toNanos()) {
      say(target, now);
    }
  }

  /**
   * Something was rejected: when the broker hears of it, it takes us for full until the next
   * heartbeat, but for what ends here of its own. The first heartbeat may be there before the
   * rejection is, which comes another way.
   */
  void onRejected(Target target) {
    owed.put(target, AFTER_REJECTION);
  }

  /** Says what is due. */
  void onTick(long now) {
    if (helloWaits && nanosToRound(now) <= 0) {
      sayAll(now);
    }
    for (Target target : targets.all()) {
      onChange(target, now);
      Said last = said.get(target);
      if (last != null && nanosToNext(target, last, now) <= 0) {
        say(target, now);
      }
    }
    sayFormer(now);
  }

  private void sayFormer(long now) {
    boolean due = now - formerSaidAt >= self.interval.toNanos();
    if (due) {
      formerSaidAt = now;
    }
    for (Former each : List.copyOf(former)) {
      if (!each.busy.getAsBoolean()) {
        former.remove(each);
        targets.all().forEach(target -> publish(each.id, target, AgentState.GONE, now));
      } else if (due) {
        targets.all().forEach(target -> publish(each.id, target, AgentState.DRAINING, now));
      }
    }
  }

  /** Until something is to be said, if nothing changes before; MAX_VALUE: nobody knows us yet. */
  long nanosToNext(long now) {
    if (!former.isEmpty()) {
      return 0; // each tick asks whether something still runs there
    }
    long toRound = helloWaits ? nanosToRound(now) : Long.MAX_VALUE;
    return said.entrySet().stream()
        .mapToLong(each -> nanosToNext(each.getKey(), each.getValue(), now))
        .reduce(toRound, Math::min);
  }

  private long nanosToNext(Target target, Said last, long now) {
    boolean soon = owed.containsKey(target) || last.state != stateOf(target);
    Duration pause = soon ? MIN_BETWEEN_READY_AND_FULL : last.pause;
    return last.at + pause.toNanos() - now;
  }

  private void sayAll(long now) {
    formerSaidAt = now - self.interval.toNanos();
    lastRound = OptionalLong.of(now);
    helloWaits = false;
    targets.all().forEach(target -> say(target, now, random.getAsDouble()));
  }

  private void say(Target target, long now) {
    say(target, now, 1 - JITTER * (1 - random.getAsDouble()));
  }

  /**
   * @param pause until the next time, as a part of the interval
   */
  private void say(Target target, long now, double pause) {
    if (!consuming && !said.containsKey(target)) {
      return; // nobody knows us yet
    }
    AgentState state = stateOf(target);
    owed.computeIfPresent(target, (each, left) -> left == 1 ? null : left - 1);
    Duration wait = Duration.ofNanos((long) (pause * self.interval.toNanos()));
    said.put(target, new Said(state, now, wait));
    publish(upstreamId, target, state, now);
  }

  private void publish(ProcessId id, Target target, AgentState state, long now) {
    UpstreamHeartbeat heartbeat =
        new UpstreamHeartbeat(
            id,
            target.name(),
            state,
            target.capacity(),
            states.inFlight(target),
            self.interval.toMillis(),
            self.version);
    outbox.accept(
        Publication.of(
            heartbeat, Topology.targetKey(target.name(), id), now + self.interval.toNanos()));
  }

  private AgentState stateOf(Target target) {
    AgentState state = states.stateOf(target);
    return !consuming && isAboutSlots(state) ? AgentState.DRAINING : state;
  }

  private static boolean isAboutSlots(AgentState state) {
    return state == AgentState.READY || state == AgentState.FULL;
  }
}
