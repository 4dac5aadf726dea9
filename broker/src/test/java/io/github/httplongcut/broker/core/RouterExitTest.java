package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterScene.AGENT_1;
import static io.github.httplongcut.broker.core.RouterScene.AGENT_2;
import static io.github.httplongcut.broker.core.RouterScene.CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterScene.TestReceipt;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The exits that are no answers: cancelled, consuming connection lost, drained. */
class RouterExitTest {

  private static final ProcessId STRANGER = new ProcessId("evil", "c-aaaaaa");

  private final RouterScene scene = new RouterScene();

  @AfterEach
  void nothingIsLeft() {
    assertThat(scene.router.isIdle()).isTrue();
    assertThat(scene.router.leftovers()).isZero();
    assertThat(scene.router.stats().inFlightBytes()).isZero();
  }

  @Test
  void cancelledWhileWaiting() {
    scene.post(1);

    assertThat(scene.cancel(1, CLIENT)).containsExactly("done d1");
  }

  @Test
  void cancelledWhileSettling() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 1, 0);
    scene.receive(1, "POST", delivery);

    assertThat(scene.cancel(1, CLIENT)).containsExactly("done d1");
    assertThat(scene.settled(delivery)).isEmpty();
  }

  @Test
  void cancelledWhileDispatchedFreesTheSlotAndTellsTheAgent() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.get(2);

    assertThat(scene.cancel(1, CLIENT))
        .containsExactly("cancel b1 at plant1", "done d1", "dispatch r2 as b2 to plant1");
    scene.response(2, 2, AGENT_1);
  }

  @Test
  void cancelledWhileRunning() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.ack(1, AGENT_1);

    assertThat(scene.cancel(1, CLIENT)).containsExactly("cancel b1 at plant1", "done d1");
    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("forward r1");
  }

  /** The agent that did not ack in time may run it all the same. */
  @Test
  void cancelledWhileAnEarlierAttemptMayRunTellsBothAgents() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.published(1, DispatchOutcome.NACKED);
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.cancel(1, CLIENT))
        .containsExactly("cancel b1 at plant1", "cancel b2 at plant2", "done d1");
  }

  @Test
  void cancelOfAStrangerIsDropped() {
    scene.get(1);

    assertThat(scene.cancel(1, STRANGER)).isEmpty();
    assertThat(scene.router.isIdle()).isFalse();
    scene.cancel(1, CLIENT);
  }

  @Test
  void cancelOfAnUnknownRequestIsDropped() {
    assertThat(scene.cancel(7, CLIENT)).isEmpty();
  }

  @Test
  void aBugInATickCostsOneRequestOnly() {
    scene.heartbeat(AGENT_1, 2, 0);
    scene.get(1);
    scene.get(2);
    scene.published(1, DispatchOutcome.CONFIRMED);
    scene.published(2, DispatchOutcome.CONFIRMED);
    scene.heartbeat(AGENT_2, 2, 0);

    assertThat(scene.bugAt(3).tick(4_000))
        .containsExactly("refuse r1 internal_error", "dispatch r2 as b4 to plant2");
    assertThat(scene.moves).contains("r1 bug");
    scene.response(2, 4, AGENT_2);
  }

  /** It would throw first at each call, and everybody behind it would wait for ever. */
  @Test
  void aBugInServingOneThatWaitsCostsNoOther() {
    scene.get(1);
    scene.get(2);
    scene.heartbeat(AGENT_1, 1, 0);
    scene.undelivered(1, Undelivered.DEAD_LETTERED);
    scene.bugAt(3);

    assertThat(scene.heartbeat(AGENT_1, 2, 0))
        .containsExactly("refuse r1 internal_error", "dispatch r2 as b2 to plant1");
    scene.response(2, 2, AGENT_1);
  }

  /** Else a client agent and an agent of one company could have it remember more for ever. */
  @Test
  void ofRejectedAttemptsNothingIsRemembered() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    for (int i = 1; i <= 100; i++) {
      scene.undelivered(i, Undelivered.REJECTED);
      scene.heartbeat(AGENT_1, 1, 0);
    }

    assertThat(scene.router.leftovers()).isEqualTo(2); // its slot, and its attempt
    assertThat(scene.cancel(1, CLIENT)).hasSize(2);
  }

  @Test
  void consumingLostForgetsWhatWaits() {
    scene.get(1);
    scene.post(2);

    assertThat(scene.consumingLost()).isEmpty();
  }

  @Test
  void consumingLostForgetsWhatIsBeingSettled() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.post(1);

    assertThat(scene.consumingLost()).isEmpty();
  }

  @Test
  void consumingLostCancelsRepeatableOnesThatRunAndTheirResponsesAreSentOn() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.get(1);
    scene.get(2);
    scene.ack(2, AGENT_1);

    assertThat(scene.consumingLost()).containsExactly("cancel b1 at plant1", "cancel b2 at plant1");
    assertThat(scene.response(2, 2, AGENT_1)).containsExactly("forward r2");
  }

  /** An agent that did not ack in time may answer all the same. */
  @Test
  void anAnswerOfAnEarlierAttemptCancelsTheLaterOne() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.published(1, DispatchOutcome.NACKED);
    scene.heartbeat(AGENT_2, 1, 0);

    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("cancel b2 at plant2", "respond r1");
  }

  @Test
  void consumingLostKeepsWhatIsSettledWhetherItRunsOrWaits() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 1, 0);
    scene.receive(1, "POST", delivery);
    scene.receive(2, "POST", delivery);
    scene.settled(delivery);

    assertThat(scene.consumingLost()).isEmpty();
    assertThat(scene.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b2 to plant1");
    assertThat(scene.response(2, 2, AGENT_1)).containsExactly("respond r2");
  }

  @Test
  void consumingLostFreesSlotsForWhatIsSettled() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 2, 0);
    scene.receive(1, "POST", delivery);
    scene.settled(delivery);
    scene.get(2);
    scene.undelivered(1, Undelivered.REJECTED);
    scene.heartbeat(AGENT_1, 1, 0); // r2 holds the only slot

    assertThat(scene.consumingLost())
        .containsExactly("cancel b2 at plant1", "dispatch r1 as b3 to plant1");
    scene.response(1, 3, AGENT_1);
  }

  @Test
  void withANewInboxWhatIsWithAnAgentIsForgottenAndItsResponseSentOn() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 10, 0);
    scene.receive(1, "POST", delivery);
    scene.receive(2, "POST", delivery);
    scene.settled(delivery);
    scene.ack(2, AGENT_1);
    scene.consumingLost();

    assertThat(scene.inboxReplaced()).isEmpty();
    assertThat(scene.tick(60_000)).as("no word of ours").isEmpty();
    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("forward r1");
    assertThat(scene.orphanedRequest(2, 2)).containsExactly("orphan r2 not_run");
  }

  @Test
  void withANewInboxWhatIsSettledAndWaitsIsKept() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 1, 0);
    scene.receive(1, "POST", delivery);
    scene.receive(2, "POST", delivery);
    scene.settled(delivery);
    scene.consumingLost();

    assertThat(scene.inboxReplaced()).containsExactly("dispatch r2 as b2 to plant1");
    scene.response(2, 2, AGENT_1);
  }

  @Test
  void requestGivenBackMayComeAgain() {
    scene.get(1);
    scene.consumingLost();

    assertThat(scene.get(1)).containsExactly("ack r1");
    scene.cancel(1, CLIENT);
  }

  @Test
  void drainAnswersWhatWaitsSoThatItGoesToAnotherBroker() {
    TestReceipt delivery = scene.delivery();
    scene.get(1);
    scene.receive(2, "POST", delivery);

    assertThat(scene.drain()).containsExactly("refuse r1 not_run", "settle d1");
    assertThat(scene.settled(delivery)).containsExactly("refuse r2 not_run");
  }

  @Test
  void drainAnswersWhatIsSettledAndNotYetDispatched() {
    TestReceipt delivery = scene.delivery();
    scene.heartbeat(AGENT_1, 1, 0);
    scene.receive(1, "POST", delivery);
    scene.drain();

    assertThat(scene.settled(delivery)).containsExactly("refuse r1 not_run");
  }

  @Test
  void drainAnswersWhatStillComesOrComesBack() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.drain();

    assertThat(scene.get(2)).containsExactly("ack r2", "refuse r2 not_run");
    assertThat(scene.undelivered(1, Undelivered.REJECTED)).containsExactly("refuse r1 not_run");
  }

  @Test
  void drainLetsWhatRunsFinish() {
    scene.heartbeat(AGENT_1, 10, 0);
    scene.get(1);
    scene.ack(1, AGENT_1);
    scene.get(2);
    scene.drain();

    assertThat(scene.router.isIdle()).isFalse();
    assertThat(scene.response(1, 1, AGENT_1)).containsExactly("respond r1");
    assertThat(scene.error(2, 2, Failure.UPSTREAM_TIMEOUT, AGENT_1))
        .containsExactly("refuse r2 upstream_timeout");
  }

  @Test
  void everyTransitionIsInTheJournal() {
    scene.heartbeat(AGENT_1, 1, 0);
    scene.get(1);
    scene.ack(1, AGENT_1);
    scene.response(1, 1, AGENT_1);

    assertThat(scene.moves)
        .containsExactly(
            "r1 Unassigned -> Dispatched (received)",
            "r1 Dispatched -> Running (acked)",
            "r1 Running -> Over (answered)");
  }
}
