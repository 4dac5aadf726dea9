package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.AGENT_2;
import static io.github.httplongcut.broker.core.RouterFixture.CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterFixture.TestReceipt;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.ProcessId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ends of requests other than answers: cancel, loss of the consuming connection, drain. */
class RouterExitTest {

  private static final ProcessId STRANGER = new ProcessId("evil", "c-aaaaaa");

  private final RouterFixture fixture = new RouterFixture();

  @AfterEach
  void routerHoldsNothing() {
    assertThat(fixture.router.isIdle()).isTrue();
    assertThat(fixture.router.leftovers()).isZero();
    assertThat(fixture.router.view().stats().inFlightBytes()).isZero();
  }

  @Test
  void cancelledWhileWaiting() {
    fixture.post(1);

    assertThat(fixture.cancel(1, CLIENT)).containsExactly("done d1");
  }

  @Test
  void cancelledWhileSettling() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.receive(1, "POST", delivery);

    assertThat(fixture.cancel(1, CLIENT)).containsExactly("done d1");
    assertThat(fixture.settled(delivery)).isEmpty();
  }

  @Test
  void cancelledWhileDispatchedFreesTheSlotAndCancelsAtTheAgent() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.get(2);

    assertThat(fixture.cancel(1, CLIENT))
        .containsExactly("cancel b1 at plant1", "done d1", "dispatch r2 as b2 to plant1");
    fixture.response(2, 2, AGENT_1);
  }

  @Test
  void cancelledWhileRunning() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.ack(1, AGENT_1);

    assertThat(fixture.cancel(1, CLIENT)).containsExactly("cancel b1 at plant1", "done d1");
    assertThat(fixture.response(1, 1, AGENT_1)).containsExactly("forward r1");
  }

  /** An agent that did not ack in time may run the request all the same. */
  @Test
  void cancelReachesTheAgentsOfAllAttempts() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.cancel(1, CLIENT))
        .containsExactly("cancel b1 at plant1", "cancel b2 at plant2", "done d1");
  }

  @Test
  void cancelOfAnotherClientAgentIsDropped() {
    fixture.get(1);

    assertThat(fixture.cancel(1, STRANGER)).isEmpty();
    assertThat(fixture.router.isIdle()).isFalse();
    fixture.cancel(1, CLIENT);
  }

  @Test
  void cancelOfAnUnknownRequestIsDropped() {
    assertThat(fixture.cancel(7, CLIENT)).isEmpty();
  }

  @Test
  void bugInATickFailsOnlyOneRequest() {
    fixture.heartbeat(AGENT_1, 2, 0);
    fixture.get(1);
    fixture.get(2);
    fixture.published(1, DispatchOutcome.CONFIRMED);
    fixture.published(2, DispatchOutcome.CONFIRMED);
    fixture.heartbeat(AGENT_2, 2, 0);

    assertThat(fixture.bugAt(3).tick(4_000))
        .containsExactly("refuse r1 internal_error", "dispatch r2 as b4 to plant2");
    assertThat(fixture.moves).contains("r1 bug");
    fixture.response(2, 4, AGENT_2);
  }

  /** If the request stayed first in the queue, all requests behind it would wait forever. */
  @Test
  void bugInServingAWaitingRequestFailsNoOther() {
    fixture.get(1);
    fixture.get(2);
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.undelivered(1, Undelivered.DEAD_LETTERED);
    fixture.bugAt(3);

    assertThat(fixture.heartbeat(AGENT_1, 2, 0))
        .containsExactly("refuse r1 internal_error", "dispatch r2 as b2 to plant1");
    fixture.response(2, 2, AGENT_1);
  }

  /** Otherwise a company's client agent and agent could fill the broker's memory with attempts. */
  @Test
  void rejectedAttemptsAreForgotten() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    for (int i = 1; i <= 100; i++) {
      fixture.undelivered(i, Undelivered.REJECTED);
      fixture.heartbeat(AGENT_1, 1, 0);
    }

    assertThat(fixture.router.leftovers()).isEqualTo(2); // its slot, and its attempt
    assertThat(fixture.cancel(1, CLIENT)).hasSize(2);
  }

  @Test
  void consumingLostForgetsWaitingRequests() {
    fixture.get(1);
    fixture.post(2);

    assertThat(fixture.consumingLost()).isEmpty();
  }

  @Test
  void consumingLostForgetsRequestsBeingSettled() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.post(1);

    assertThat(fixture.consumingLost()).isEmpty();
  }

  @Test
  void consumingLostCancelsRepeatableRequestsAndForwardsTheirResponses() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.get(2);
    fixture.ack(2, AGENT_1);

    assertThat(fixture.consumingLost())
        .containsExactly("cancel b1 at plant1", "cancel b2 at plant1");
    assertThat(fixture.response(2, 2, AGENT_1)).containsExactly("forward r2");
  }

  /** An agent that did not ack in time may respond all the same. */
  @Test
  void responseToAnEarlierAttemptCancelsTheCurrentOne() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.published(1, DispatchOutcome.NACKED);
    fixture.heartbeat(AGENT_2, 1, 0);

    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("cancel b2 at plant2", "respond r1");
  }

  @Test
  void consumingLostKeepsSettledRequests() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.receive(1, "POST", delivery);
    fixture.receive(2, "POST", delivery);
    fixture.settled(delivery);

    assertThat(fixture.consumingLost()).isEmpty();
    assertThat(fixture.response(1, 1, AGENT_1))
        .containsExactly("respond r1", "dispatch r2 as b2 to plant1");
    assertThat(fixture.response(2, 2, AGENT_1)).containsExactly("respond r2");
  }

  @Test
  void consumingLostFreesSlotsForSettledRequests() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 2, 0);
    fixture.receive(1, "POST", delivery);
    fixture.settled(delivery);
    fixture.get(2);
    fixture.undelivered(1, Undelivered.REJECTED);
    fixture.heartbeat(AGENT_1, 1, 0); // r2 holds the only slot

    assertThat(fixture.consumingLost())
        .containsExactly("cancel b2 at plant1", "dispatch r1 as b3 to plant1");
    fixture.response(1, 3, AGENT_1);
  }

  @Test
  void newInboxForgetsDispatchedRequestsAndForwardsTheirResponses() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.receive(1, "POST", delivery);
    fixture.receive(2, "POST", delivery);
    fixture.settled(delivery);
    fixture.ack(2, AGENT_1);
    fixture.consumingLost();

    assertThat(fixture.inboxReplaced()).isEmpty();
    assertThat(fixture.tick(60_000)).as("no answer from this broker").isEmpty();
    assertThat(fixture.response(1, 1, AGENT_1)).containsExactly("forward r1");
    assertThat(fixture.orphanedRequest(2, 2)).containsExactly("orphan r2 not_run");
  }

  @Test
  void newInboxKeepsSettledRequestsThatWait() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.receive(1, "POST", delivery);
    fixture.receive(2, "POST", delivery);
    fixture.settled(delivery);
    fixture.consumingLost();

    assertThat(fixture.inboxReplaced()).containsExactly("dispatch r2 as b2 to plant1");
    fixture.response(2, 2, AGENT_1);
  }

  @Test
  void redeliveredRequestIsAccepted() {
    fixture.get(1);
    fixture.consumingLost();

    assertThat(fixture.get(1)).containsExactly("ack r1");
    fixture.cancel(1, CLIENT);
  }

  @Test
  void drainAnswersWaitingRequestsNotRun() {
    TestReceipt delivery = fixture.delivery();
    fixture.get(1);
    fixture.receive(2, "POST", delivery);

    assertThat(fixture.drain()).containsExactly("refuse r1 not_run", "settle d1");
    assertThat(fixture.settled(delivery)).containsExactly("refuse r2 not_run");
  }

  @Test
  void drainAnswersSettledRequestsNotRun() {
    TestReceipt delivery = fixture.delivery();
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.receive(1, "POST", delivery);
    fixture.drain();

    assertThat(fixture.settled(delivery)).containsExactly("refuse r1 not_run");
  }

  @Test
  void drainAnswersNewAndRejectedRequestsNotRun() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.drain();

    assertThat(fixture.get(2)).containsExactly("ack r2", "refuse r2 not_run");
    assertThat(fixture.undelivered(1, Undelivered.REJECTED)).containsExactly("refuse r1 not_run");
  }

  @Test
  void drainLetsRunningRequestsFinish() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.ack(1, AGENT_1);
    fixture.get(2);
    fixture.drain();

    assertThat(fixture.router.isIdle()).isFalse();
    assertThat(fixture.response(1, 1, AGENT_1)).containsExactly("respond r1");
    assertThat(fixture.error(2, 2, Failure.UPSTREAM_TIMEOUT, AGENT_1))
        .containsExactly("refuse r2 upstream_timeout");
  }

  @Test
  void everyTransitionIsRecordedInTheJournal() {
    fixture.heartbeat(AGENT_1, 1, 0);
    fixture.get(1);
    fixture.ack(1, AGENT_1);
    fixture.response(1, 1, AGENT_1);

    assertThat(fixture.moves)
        .containsExactly(
            "r1 Unassigned -> Dispatched (received)",
            "r1 Dispatched -> Running (acked)",
            "r1 Running -> Over (answered)");
  }
}
