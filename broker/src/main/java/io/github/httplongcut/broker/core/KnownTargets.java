package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Memory of targets: their numbers of answers, and the last agent of those that have none now.
 * Targets that have or had an agent are kept apart from names that nobody serves: a client agent
 * that makes up names cannot displace real targets. Of each kind the {@value #MAX} that were used
 * last are kept, for an hour after their last heartbeat or request.
 */
final class KnownTargets {

  static final int MAX = 1_000;

  /** Nanoseconds for which a target or a client agent is kept after it was used last. */
  static final long KEPT_FOR = Duration.ofHours(1).toNanos();

  /** Memory of a target. */
  static final class Memo {
    private final TrafficMeter traffic = new TrafficMeter();
    private long answered;
    private long failed;
    private long usedAt;
    private Optional<LastAgent> lastAgent = Optional.empty();
    private OptionalLong withoutAgentSince = OptionalLong.empty();

    /** Returns the recent requests. */
    TrafficMeter traffic() {
      return traffic;
    }

    long answered() {
      return answered;
    }

    long failed() {
      return failed;
    }

    /** Returns the agent that left last; empty if there never was one. */
    Optional<LastAgent> lastAgent() {
      return lastAgent;
    }

    /** Notes whether the target has an agent now. Returns the time since which it has none. */
    OptionalLong withoutAgentSince(boolean hasAgent, long now) {
      if (hasAgent) {
        withoutAgentSince = OptionalLong.empty();
      } else if (withoutAgentSince.isEmpty()) {
        withoutAgentSince = OptionalLong.of(now);
      }
      return withoutAgentSince;
    }
  }

  private final RecentMap<String, Memo> served = new RecentMap<>(MAX);
  private final RecentMap<String, Memo> notServed = new RecentMap<>(MAX);

  /** Notes a heartbeat of an agent for a target. */
  void onHeartbeat(UpstreamHeartbeat heartbeat, long now) {
    Memo memo = servedMemo(heartbeat.upstreamTarget());
    memo.usedAt = now;
    if (heartbeat.state() == AgentState.GONE) {
      String reason = heartbeat.reason().orElse("");
      memo.lastAgent =
          Optional.of(new LastAgent(heartbeat.upstreamId(), LastAgent.Departure.GONE, reason));
    }
  }

  /** Notes an agent that missed its heartbeats. */
  void onSilent(Agent agent, long now) {
    Memo memo = servedMemo(agent.target());
    memo.usedAt = now;
    memo.lastAgent =
        Optional.of(
            new LastAgent(agent.id(), LastAgent.Departure.SILENT, agent.reason().orElse("")));
  }

  /** Notes a request for a target. */
  void onRequest(String target, long now) {
    Memo memo = served.get(target);
    if (memo == null) {
      memo = notServed.computeIfAbsent(target, name -> new Memo());
    }
    memo.usedAt = now;
    memo.traffic.onRequest(now);
  }

  /** Counts a request that is over, unless its target is forgotten. */
  void onEnded(String target, Ending ending, RequestSteps history) {
    Memo memo = served.get(target);
    if (memo == null) {
      memo = notServed.get(target);
    }
    if (memo == null) {
      return;
    }
    switch (ending.kind()) {
      case ANSWERED -> {
        memo.answered++;
        memo.traffic.onEnded(ending, history);
      }
      case FAILED -> {
        memo.failed++;
        memo.traffic.onEnded(ending, history);
      }
      case CANCELLED, LOST -> {} // a lost request is with another broker now
    }
  }

  private Memo servedMemo(String target) {
    Memo memo = served.get(target);
    if (memo == null) {
      memo = notServed.remove(target);
      memo = memo == null ? new Memo() : memo;
      served.put(target, memo);
    }
    return memo;
  }

  /** Forgets the targets that were not used for an hour, and returns the others by name. */
  Map<String, Memo> all(long now) {
    forgetOld(served.values(), now);
    forgetOld(notServed.values(), now);
    Map<String, Memo> all = new HashMap<>(notServed);
    all.putAll(served);
    return all;
  }

  private static void forgetOld(Collection<Memo> memos, long now) {
    memos.removeIf(memo -> now - memo.usedAt >= KEPT_FOR);
  }
}
