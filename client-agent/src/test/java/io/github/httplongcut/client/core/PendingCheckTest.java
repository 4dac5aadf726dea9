package io.github.httplongcut.client.core;

import static io.github.httplongcut.client.core.PendingFixture.ACK_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.BROKER_1;
import static io.github.httplongcut.client.core.PendingFixture.REQUEST_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.p;
import static io.github.httplongcut.client.core.PendingFixture.r;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Requests whose fate is unknown: outcomes that never come, checks, and requests in doubt. */
class PendingCheckTest {

  private final PendingFixture fixture = new PendingFixture();

  // The outcome is unknown.

  @Test
  void repeatableRequestWithUnknownOutcomeIsPublishedAgainAtOnce() {
    fixture.submit(1, "HEAD", REQUEST_TIMEOUT);

    assertThat(fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN))
        .containsExactly("publish r1 as p1");
  }

  @Test
  void nonRepeatableRequestWithUnknownOutcomeWaitsForTheCheck() {
    fixture.post(1);
    assertThat(fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN)).isEmpty();

    assertThat(fixture.tick(2 * ACK_TIMEOUT)).isEmpty();
    assertThat(fixture.tick(2 * ACK_TIMEOUT + 1)).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  @Test
  void deadLetterResolvesAnUnknownOutcome() {
    fixture.post(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN);

    assertThat(fixture.at(ACK_TIMEOUT).deadLetter(r(1))).containsExactly("publish r1 as p1");
    assertThat(fixture.tick(3 * ACK_TIMEOUT)).isEmpty();
  }

  @Test
  void ackResolvesAnUnknownOutcome() {
    fixture.post(1);
    fixture.at(1).ack(r(1), BROKER_1);
    assertThat(fixture.outcome(r(1), PublicationOutcome.UNKNOWN)).isEmpty();

    assertThat(fixture.tick(5 * ACK_TIMEOUT)).isEmpty();
  }

  @Test
  void outcomeOfAnEarlierIdHasNoEffect() {
    fixture.get(1);
    fixture.inboxReplaced();

    assertThat(fixture.outcome(r(1), PublicationOutcome.RETURNED)).isEmpty();
    assertThat(fixture.outcome(r(1), PublicationOutcome.NACKED)).isEmpty();
  }

  // The check.

  @Test
  void checkComesAtTwiceTheAckTimeoutFromTheConfirm() {
    fixture.post(1);
    fixture.at(5).outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(5 + 2 * ACK_TIMEOUT - 1)).isEmpty();
    assertThat(fixture.tick(5 + 2 * ACK_TIMEOUT)).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  @Test
  void atTheCheckARepeatableRequestIsPublishedAgain() {
    fixture.get(1);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(2 * ACK_TIMEOUT)).containsExactly("publish r1 as p1");
    assertThat(fixture.journal)
        .containsExactly(
            "r1 published",
            "r1 AwaitingOutcome -> AwaitingAck (confirmed)",
            "r1 published again as p1 (check)");
  }

  @Test
  void atTheCheckARepeatableRequestWithNoTimeLeftFails() {
    fixture.get(1);
    fixture.at(REQUEST_TIMEOUT - 2 * ACK_TIMEOUT - 100).outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(REQUEST_TIMEOUT - 100)).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  @Test
  void ackEndsTheCheck() {
    fixture.post(1);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);
    fixture.at(1).ack(r(1), BROKER_1);

    assertThat(fixture.tick(5 * ACK_TIMEOUT)).isEmpty();
  }

  @Test
  void ackBeforeTheConfirmEndsTheCheckToo() {
    fixture.post(1);
    fixture.at(1).ack(r(1), BROKER_1);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(5 * ACK_TIMEOUT)).isEmpty();
  }

  @Test
  void ackOfAnEarlierIdDoesNotEndTheCheck() {
    fixture.get(1);
    fixture.outcome(r(1), PublicationOutcome.UNKNOWN);
    fixture.outcome(p(1), PublicationOutcome.CONFIRMED);
    fixture.at(1).ack(r(1), BROKER_1);

    assertThat(fixture.tick(2 * ACK_TIMEOUT)).containsExactly("publish r1 as p2");
  }

  @Test
  void excusedTimeDelaysTheCheck() {
    fixture.post(1);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);
    fixture.excuse(4 * ACK_TIMEOUT);

    assertThat(fixture.tick(6 * ACK_TIMEOUT - 1)).isEmpty();
    assertThat(fixture.tick(6 * ACK_TIMEOUT)).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  @Test
  void timeExcusedBeforeTheConfirmDoesNotDelayTheCheck() {
    fixture.excuse(4 * ACK_TIMEOUT);
    fixture.post(1);
    fixture.outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(2 * ACK_TIMEOUT - 1)).isEmpty();
    assertThat(fixture.tick(2 * ACK_TIMEOUT)).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  // In doubt: a quorum queue gave the request back.

  @Test
  void nonRepeatableRequestInDoubtWaitsForTheCheckEvenIfAcked() {
    fixture.post(1);
    fixture.ack(r(1), BROKER_1);

    assertThat(fixture.inDoubt(r(1))).isEmpty();

    assertThat(fixture.journal).endsWith("r1 in doubt", "r1 Acked -> AwaitingAck (in_doubt)");
    assertThat(fixture.tick(2 * ACK_TIMEOUT - 1)).isEmpty();
    assertThat(fixture.tick(2 * ACK_TIMEOUT)).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  @Test
  void confirmAfterTheDoubtDoesNotDelayTheCheck() {
    fixture.post(1);
    fixture.inDoubt(r(1));
    fixture.at(1_000).outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(2 * ACK_TIMEOUT)).containsExactly("refuse r1 broker_ack_timeout");
  }

  @Test
  void answerOfARequestInDoubtIsUsed() {
    fixture.post(1);
    fixture.inDoubt(r(1));

    assertThat(fixture.at(ACK_TIMEOUT + 1).response(r(1))).containsExactly("answer r1");
  }

  @Test
  void repeatableRequestInDoubtIsPublishedThreeTimesInAll() {
    fixture.get(1);

    assertThat(fixture.inDoubt(r(1))).containsExactly("publish r1 as p1");
    assertThat(fixture.inDoubt(p(1))).containsExactly("publish r1 as p2");
    assertThat(fixture.inDoubt(p(2))).containsExactly("refuse r1 broker_ack_timeout");
    assertForgotten();
  }

  @Test
  void earlierIdInDoubtIsDropped() {
    fixture.get(1);
    fixture.inDoubt(r(1));

    assertThat(fixture.inDoubt(r(1))).isEmpty();

    assertThat(fixture.journal).endsWith("dropped client_request");
  }

  private void assertForgotten() {
    assertThat(fixture.pending.entries()).isZero();
  }
}
