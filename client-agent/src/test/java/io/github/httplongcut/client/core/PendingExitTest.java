package io.github.httplongcut.client.core;

import static io.github.httplongcut.client.core.PendingFixture.ACK_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.BROKER_1;
import static io.github.httplongcut.client.core.PendingFixture.BROKER_2;
import static io.github.httplongcut.client.core.PendingFixture.CLIENT;
import static io.github.httplongcut.client.core.PendingFixture.REQUEST_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.at0;
import static io.github.httplongcut.client.core.PendingFixture.p;
import static io.github.httplongcut.client.core.PendingFixture.r;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.Failure;
import org.junit.jupiter.api.Test;

/** Requests that time out or whose caller hangs up, a new inbox, the stop, and bugs. */
class PendingExitTest {

  private final PendingFixture fixture = new PendingFixture();

  // Time out.

  @Test
  void noAnswerUntilTheDeadlineMeansRequestTimeout() {
    fixture.post(1);
    fixture.at(1).ack(r(1), BROKER_1);

    assertThat(fixture.tick(REQUEST_TIMEOUT - 1)).isEmpty();
    assertThat(fixture.tick(REQUEST_TIMEOUT)).containsExactly("refuse r1 request_timeout");
    assertForgotten();
  }

  @Test
  void excusedTimeDoesNotMoveTheDeadline() {
    fixture.post(1);
    fixture.at(1).ack(r(1), BROKER_1);
    fixture.excuse(REQUEST_TIMEOUT);

    assertThat(fixture.tick(REQUEST_TIMEOUT)).containsExactly("refuse r1 request_timeout");
    assertForgotten();
  }

  @Test
  void requestAtItsDeadlineFailsEvenIfItsCheckIsDue() {
    fixture.get(1);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(REQUEST_TIMEOUT)).containsExactly("refuse r1 request_timeout");
    assertForgotten();
  }

  // Hang-ups.

  @Test
  void hangUpCancelsTheRequestAtEveryBrokerThatAckedIt() {
    fixture.get(1);
    fixture.at(1).ack(r(1), BROKER_1);
    fixture.error(r(1), Failure.NOT_RUN);
    fixture.ack(p(1), BROKER_2);

    assertThat(fixture.hungUp(1))
        .containsExactly("withdraw p1", "cancel r1 at " + BROKER_1, "cancel p1 at " + BROKER_2);

    assertThat(fixture.pending.size()).isZero();
    assertThat(fixture.tick(1 + 2 * ACK_TIMEOUT)).isEmpty();
    assertForgotten();
  }

  @Test
  void cancelNamesTheLatestDispatchOfTheAckedId() {
    fixture.get(1);
    fixture.pending.onAck(new ClientRequestAck(r(1), r(8), BROKER_1), at0(1));
    fixture.pending.onAck(new ClientRequestAck(r(1), r(9), BROKER_2), at0(2));

    assertThat(fixture.pending.onHungUp(r(1), at0(3)))
        .containsExactly(
            new PendingEffect.Withdraw(r(1)),
            new PendingEffect.Cancel(new ClientCancel(CLIENT, r(1), r(9)), BROKER_2));
  }

  @Test
  void hangUpWithdrawsTheLatestPublication() {
    fixture.get(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN);

    assertThat(fixture.hungUp(1)).containsExactly("withdraw p1");
  }

  @Test
  void ackAfterTheHangUpIsAnsweredWithACancel() {
    fixture.get(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN);
    fixture.hungUp(1);

    assertThat(fixture.ack(r(1), BROKER_1)).containsExactly("cancel r1 at " + BROKER_1);
    assertThat(fixture.ack(p(1), BROKER_2)).containsExactly("cancel p1 at " + BROKER_2);
  }

  /** RabbitMQ gives the request to another broker when the first one dies. */
  @Test
  void anotherBrokerThatAcksAfterTheHangUpGetsACancelToo() {
    fixture.get(1);
    fixture.at(1).ack(r(1), BROKER_1);
    assertThat(fixture.hungUp(1)).containsExactly("withdraw r1", "cancel r1 at " + BROKER_1);

    assertThat(fixture.ack(r(1), BROKER_2)).containsExactly("cancel r1 at " + BROKER_2);
  }

  @Test
  void hangUpsAreForgottenWhenNoBrokerCanAckThemAnyMore() {
    fixture.post(1);
    fixture.hungUp(1);

    fixture.tick(2 * ACK_TIMEOUT - 1);
    assertThat(fixture.pending.entries()).isEqualTo(1);
    fixture.tick(2 * ACK_TIMEOUT);

    assertThat(fixture.ack(r(1), BROKER_1)).isEmpty();
    assertForgotten();
  }

  @Test
  void numberOfRememberedHangUpsIsLimited() {
    for (int i = 0; i <= AbandonedRequests.MAX_IDS; i++) {
      fixture.get(i);
      fixture.hungUp(i);
    }

    assertThat(fixture.pending.entries()).isEqualTo(AbandonedRequests.MAX_IDS);
    assertThat(fixture.ack(r(0), BROKER_1)).as("the oldest").isEmpty();
    assertThat(fixture.ack(r(1), BROKER_1)).hasSize(1);
  }

  @Test
  void hangUpAfterTheAnswerHasNoEffect() {
    fixture.post(1);
    fixture.at(1).ack(r(1), BROKER_1);
    fixture.response(r(1));

    assertThat(fixture.hungUp(1)).isEmpty();
  }

  @Test
  void answerAfterTheHangUpIsDropped() {
    fixture.post(1);
    fixture.hungUp(1);

    assertThat(fixture.response(r(1))).isEmpty();

    assertThat(fixture.journal).endsWith("dropped broker_response");
  }

  // A new inbox, and the stop.

  @Test
  void withANewInboxRepeatableRequestsArePublishedAgain() {
    fixture.get(1);
    fixture.post(2);
    fixture.ack(r(1), BROKER_1);

    assertThat(fixture.inboxReplaced()).containsExactly("withdraw r1", "publish r1 as p1");

    assertThat(fixture.at(1).response(r(1))).endsWith("answer r1");
    assertThat(fixture.response(r(2))).endsWith("answer r2");
    assertForgotten();
  }

  @Test
  void requestsThatStillWaitFailWhenTheProcessStops() {
    fixture.get(1);
    fixture.post(2);

    assertThat(fixture.abandonAll())
        .containsExactly("refuse r1 request_timeout", "refuse r2 request_timeout");
    assertForgotten();
  }

  // Bugs.

  @Test
  void bugInACheckFailsOnlyOneRequest() {
    fixture.get(1);
    fixture.get(2);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);
    fixture.outcome(r(2), PublicationOutcome.CONFIRMED);

    assertThat(fixture.bugAt(1).tick(2 * ACK_TIMEOUT))
        .containsExactly("refuse r1 internal_error", "publish r2 as p2");
    assertThat(fixture.journal).contains("r1 bug");
  }

  @Test
  void bugWithANewInboxFailsOnlyOneRequest() {
    fixture.get(1);
    fixture.get(2);

    assertThat(fixture.bugAt(1).inboxReplaced())
        .containsExactly(
            "withdraw r1", "refuse r1 internal_error", "withdraw r2", "publish r2 as p2");
  }

  private void assertForgotten() {
    assertThat(fixture.pending.entries()).isZero();
  }
}
