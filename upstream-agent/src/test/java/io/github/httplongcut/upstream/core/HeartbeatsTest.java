package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Tests with one target of capacity 2 and an interval of two seconds. */
final class HeartbeatsTest {

  private static final ProcessId SELF = RunnerFixture.SELF;

  private final Targets targets = new Targets(SELF, List.of(RunnerFixture.target("orders")));
  private final Target orders = targets.named("orders");
  private final TargetStates states = new TargetStates();
  private final RunnerEffects effects = new RunnerEffects();
  private double random = 1; // the longest pauses
  private final Heartbeats heartbeats =
      new Heartbeats(RunnerFixture.SETTINGS, targets, states, effects, () -> random);
  private final List<RunnerEffect.Heartbeat> sent = new ArrayList<>();
  private long now = 1_000_000_000L;

  @Test
  void noHeartbeatIsSentBeforeTheInboxIsConsumed() {
    take();
    passMillis(5_000);
    heartbeats.onHello(now);

    assertThat(said()).isEmpty();
  }

  @Test
  void firstHeartbeatIsSentAtOnce() {
    heartbeats.onConsuming(now);

    assertThat(sent())
        .containsExactly(
            new RunnerEffect.Heartbeat(
                new UpstreamHeartbeat(SELF, "orders", AgentState.READY, 2, 0, 2_000, "1.2"),
                now + Duration.ofSeconds(2).toNanos()));
  }

  @Test
  void heartbeatIsSentEveryInterval() {
    heartbeats.onConsuming(now);

    passMillis(1_999);
    assertThat(said()).hasSize(1);
    passMillis(1);
    assertThat(said()).hasSize(2);
  }

  /** Without a random pause, agents that have answered the same hello would stay synchronized. */
  @Test
  void pauseAfterARoundIsRandom() {
    random = 0.3;
    heartbeats.onConsuming(now);

    passMillis(599);
    assertThat(said()).hasSize(1);
    passMillis(1);
    assertThat(said()).hasSize(2);
    passMillis(1_859);
    assertThat(said()).as("0.93 of the interval").hasSize(2);
    passMillis(1);
    assertThat(said()).hasSize(3);
  }

  @Test
  void helloRoundsAreAtLeast200MillisApart() {
    heartbeats.onConsuming(now);
    passMillis(200);
    for (int i = 0; i < 10; i++) {
      heartbeats.onHello(now);
    }
    assertThat(said()).as("the first at once").hasSize(2);

    passMillis(199);
    assertThat(said()).hasSize(2);
    passMillis(1);
    assertThat(said()).as("the others together").hasSize(3);
    passMillis(1_000);
    assertThat(said()).hasSize(3);
  }

  /**
   * The broker sends no more requests until the next heartbeat, and the first heartbeat may arrive
   * before the dead letter does.
   */
  @Test
  void rejectionIsFollowedByFiveHeartbeats100MillisApart() {
    heartbeats.onConsuming(now);

    heartbeats.onRejected(orders);
    passMillis(99);
    assertThat(said()).hasSize(1);
    passMillis(1);
    assertThat(said()).hasSize(2);
    for (int i = 0; i < 4; i++) {
      passMillis(100);
    }
    assertThat(said()).hasSize(6);
    passMillis(1_999);
    assertThat(said()).hasSize(6);
  }

  @Test
  void timeToTheNextHeartbeatIsKnown() {
    assertThat(heartbeats.nanosToNext(now)).isEqualTo(Long.MAX_VALUE);
    heartbeats.onConsuming(now);
    assertThat(millisToNext()).isEqualTo(2_000);
    passMillis(500);
    assertThat(millisToNext()).isEqualTo(1_500);
  }

  @Test
  void nextHeartbeatAfterARejectionIsDueIn100Millis() {
    heartbeats.onConsuming(now);

    heartbeats.onRejected(orders);
    for (int i = 0; i < Heartbeats.AFTER_REJECTION; i++) {
      assertThat(millisToNext()).isEqualTo(100);
      passMillis(100);
    }
    assertThat(millisToNext()).isEqualTo(2_000);
  }

  @Test
  void delayedStateChangeIsDueIn100Millis() {
    heartbeats.onConsuming(now);

    take();
    take();
    assertThat(said()).containsExactly(AgentState.READY);
    assertThat(millisToNext()).isEqualTo(100);
    passMillis(100);
    assertThat(said()).containsExactly(AgentState.READY, AgentState.FULL);
    assertThat(millisToNext()).isEqualTo(2_000);
  }

  @Test
  void formerIdIsDrainingWhileBusyAndThenGone() {
    ProcessId next = SELF.renewed();
    AtomicBoolean busy = new AtomicBoolean(true);
    heartbeats.onConsuming(now);
    heartbeats.onConsumingLost(now);
    targets.changeId(next);
    heartbeats.onIdChanged(SELF, busy::get);
    passMillis(1);
    assertThat(statesSentBy(next)).isEmpty();
    heartbeats.onConsuming(now);
    assertThat(statesSentBy(next)).containsExactly(AgentState.READY);

    passMillis(2_000);
    assertThat(statesSentBy(SELF)).startsWith(AgentState.READY, AgentState.DRAINING);
    assertThat(statesSentBy(SELF)).endsWith(AgentState.DRAINING);

    assertThat(millisToNext()).isZero();
    busy.set(false);
    passMillis(1);
    assertThat(statesSentBy(SELF)).endsWith(AgentState.DRAINING, AgentState.GONE);
    assertThat(reasons())
        .contains("its inbox is out of reach: the agent continues as " + next)
        .startsWith("");
    assertThat(millisToNext()).isEqualTo(1_999);
    int all = statesSentBy(SELF).size();
    passMillis(4_000);
    assertThat(statesSentBy(SELF)).hasSize(all);
  }

  private List<AgentState> statesSentBy(ProcessId id) {
    return sent().stream()
        .map(RunnerEffect.Heartbeat::heartbeat)
        .filter(heartbeat -> heartbeat.upstreamId().equals(id))
        .map(UpstreamHeartbeat::state)
        .toList();
  }

  @Test
  void helloIsAnsweredAtOnce() {
    heartbeats.onConsuming(now);

    passMillis(200);
    heartbeats.onHello(now);

    assertThat(said()).hasSize(2);
  }

  @Test
  void fullAndReadyAreSentAtOnce() {
    heartbeats.onConsuming(now);
    passMillis(100);

    take();
    take();
    assertThat(said()).containsExactly(AgentState.READY, AgentState.FULL);

    passMillis(100);
    free();
    assertThat(said()).containsExactly(AgentState.READY, AgentState.FULL, AgentState.READY);
  }

  @Test
  void changesBetweenReadyAndFullAreSentAtMostEvery100Millis() {
    heartbeats.onConsuming(now);
    passMillis(100);
    take();
    for (int i = 0; i < 10; i++) {
      take();
      free();
    }
    assertThat(said()).containsExactly(AgentState.READY, AgentState.FULL);

    passMillis(50);
    assertThat(said()).hasSize(2);
    passMillis(50);
    assertThat(said()).containsExactly(AgentState.READY, AgentState.FULL, AgentState.READY);
  }

  @Test
  void drainingIsSentAtOnceAndEveryInterval() {
    heartbeats.onConsuming(now);

    states.drain();
    heartbeats.onChange(now);
    passMillis(2_000);

    assertThat(said()).containsExactly(AgentState.READY, AgentState.DRAINING, AgentState.DRAINING);
  }

  @Test
  void goneIsSentAtOnce() {
    heartbeats.onConsuming(now);
    states.drain();
    heartbeats.onChange(now);

    states.markGone();
    heartbeats.onChange(now);

    assertThat(said()).containsExactly(AgentState.READY, AgentState.DRAINING, AgentState.GONE);
  }

  @Test
  void withdrawnTargetKeepsItsHeartbeats() {
    heartbeats.onConsuming(now);
    take();

    states.withdraw(orders, "health check fails");
    heartbeats.onChange(orders, now);
    passMillis(2_000);
    states.offer(orders);
    heartbeats.onChange(orders, now);

    assertThat(said())
        .containsExactly(AgentState.READY, AgentState.GONE, AgentState.GONE, AgentState.READY);
  }

  @Test
  void targetIsDrainingWhileTheInboxIsNotConsumed() {
    heartbeats.onConsuming(now);
    heartbeats.onConsumingLost(now);
    assertThat(said()).containsExactly(AgentState.READY, AgentState.DRAINING);
    passMillis(2_000);
    assertThat(said()).hasSize(3).endsWith(AgentState.DRAINING);

    heartbeats.onConsuming(now);
    assertThat(said()).hasSize(4).endsWith(AgentState.READY);
  }

  @Test
  void heartbeatHasTheNumberOfRequestsInFlight() {
    take();

    heartbeats.onConsuming(now);

    assertThat(sent().get(0).heartbeat().inFlight()).isEqualTo(1);
  }

  @Test
  void agentThatIsWellGivesNoReason() {
    heartbeats.onConsuming(now);
    take();
    take();
    passMillis(100);

    assertThat(said()).containsExactly(AgentState.READY, AgentState.FULL);
    assertThat(reasons()).containsOnly("");
  }

  @Test
  void withdrawnTargetGivesTheReasonOfItsLastCheck() {
    heartbeats.onConsuming(now);
    states.withdraw(orders, "health check GET /health answers 500");
    heartbeats.onChange(orders, now);
    states.withdraw(orders, "health check GET /health answers 503");
    passMillis(2_000);
    states.offer(orders);
    heartbeats.onChange(orders, now);

    assertThat(reasons())
        .containsExactly(
            "", "health check GET /health answers 500", "health check GET /health answers 503", "");
  }

  @Test
  void faultOfTheServerIsGivenUntilItIsOver() {
    heartbeats.onConsuming(now);
    states.setFault(orders, Optional.of("cannot connect"));
    passMillis(2_000);
    states.setFault(orders, Optional.empty());
    passMillis(2_000);

    assertThat(said()).containsOnly(AgentState.READY);
    assertThat(reasons()).containsExactly("", "cannot connect", "");
  }

  @Test
  void drainIsTheReasonWhateverElseIsWrong() {
    states.setFault(orders, Optional.of("cannot connect"));
    states.withdraw(orders, "health check fails");
    heartbeats.onConsuming(now);
    states.drain();
    heartbeats.onChange(now);
    states.markGone();
    heartbeats.onChange(now);

    assertThat(reasons())
        .containsExactly("health check fails", "the agent is stopping", "the agent is stopping");
  }

  @Test
  void unconfirmedAnswersAreTheReasonOfAFullTarget() {
    heartbeats.onConsuming(now);
    states.taken(orders);
    states.answered(orders, TargetStates.MAX_UNCONFIRMED_BYTES);
    heartbeats.onChange(now);
    passMillis(100);

    assertThat(said()).endsWith(AgentState.FULL);
    assertThat(reasons()).endsWith("RabbitMQ does not confirm the agent's answers");
  }

  @Test
  void lostConnectionIsTheReasonOfDraining() {
    heartbeats.onConsuming(now);
    heartbeats.onConsumingLost(now);

    assertThat(reasons())
        .containsExactly(
            "", "the agent does not consume its inbox: it has lost its connection to RabbitMQ");
  }

  private List<String> reasons() {
    return sent().stream().map(each -> each.heartbeat().reason().orElse("")).toList();
  }

  private long millisToNext() {
    return Duration.ofNanos(heartbeats.nanosToNext(now)).toMillis();
  }

  private void passMillis(long millis) {
    now += Duration.ofMillis(millis).toNanos();
    heartbeats.onTick(now);
  }

  private List<AgentState> said() {
    return sent().stream().map(each -> each.heartbeat().state()).toList();
  }

  private List<RunnerEffect.Heartbeat> sent() {
    effects.take().forEach(effect -> sent.add((RunnerEffect.Heartbeat) effect));
    return sent;
  }

  private void take() {
    states.taken(orders);
    heartbeats.onChange(orders, now);
  }

  private void free() {
    states.freed(orders);
    heartbeats.onChange(orders, now);
  }
}
