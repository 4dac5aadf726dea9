package io.github.httplongcut.client.core;

import static io.github.httplongcut.client.core.PendingFixture.ACK_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.BROKER_1;
import static io.github.httplongcut.client.core.PendingFixture.BROKER_2;
import static io.github.httplongcut.client.core.PendingFixture.at0;
import static io.github.httplongcut.client.core.PendingFixture.p;
import static io.github.httplongcut.client.core.PendingFixture.r;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.core.PendingFixture.TestCaller;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Acks, answers and errors of brokers. */
class PendingAnswerTest {

  private final PendingFixture fixture = new PendingFixture();

  // Answers.

  @Test
  void callerGetsTheAnswerUnchangedAndTheRequestIsForgotten() {
    fixture.post(1);
    fixture.ack(r(1), BROKER_1);
    Response response = new Response(201, Headers.EMPTY, Body.ofText("hi"));

    assertThat(
            fixture.pending.onResponse(
                new BrokerResponse(PendingFixture.CLIENT, r(1), r(8), r(9), response), at0(1)))
        .containsExactly(new PendingEffect.Answer(r(1), new TestCaller(1), response));
    assertForgotten();
  }

  @Test
  void secondAnswerIsDropped() {
    fixture.get(1);
    fixture.at(1).response(r(1));

    assertThat(fixture.response(r(1))).isEmpty();

    assertThat(fixture.journal).endsWith("dropped broker_response");
  }

  @Test
  void answerToAnEarlierIdIsUsed() {
    fixture.get(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN);

    assertThat(fixture.at(5_000).response(r(1))).containsExactly("answer r1");

    assertForgotten();
    assertThat(fixture.response(p(1))).isEmpty();
  }

  @Test
  void answerBeforeTheConfirmIsUsed() {
    fixture.get(1);
    assertThat(fixture.at(1).response(r(1))).endsWith("answer r1");

    assertThat(fixture.outcome(r(1), PublicationOutcome.CONFIRMED)).isEmpty();
    assertThat(fixture.tick(3 * ACK_TIMEOUT)).isEmpty();
    assertForgotten();
  }

  @ParameterizedTest
  @EnumSource(PublicationOutcome.class)
  void outcomeOfAForgottenRequestHasNoEffect(PublicationOutcome outcome) {
    fixture.get(1);
    fixture.at(1).response(r(1));

    assertThat(fixture.outcome(r(1), outcome)).isEmpty();

    assertForgotten();
  }

  // Delays of acks.

  @Test
  void ackReportsItsDelay() {
    fixture.get(1);

    assertThat(fixture.at(7).ack(r(1), BROKER_1))
        .containsExactly("ack of r1 by " + BROKER_1 + " after 7 ms");
    assertThat(fixture.journal)
        .containsExactly("r1 published", "r1 AwaitingOutcome -> Acked (acked)");
  }

  @Test
  void ackOfAnUnknownRequestHasNoEffect() {
    assertThat(fixture.ack(r(1), BROKER_1)).isEmpty();
    assertThat(fixture.journal).isEmpty();
  }

  @Test
  void answerBeforeTheAckReportsItsDelayAsTheAcks() {
    fixture.get(1);

    assertThat(fixture.at(1).response(r(1))).containsExactly("ack of r1 after 1 ms", "answer r1");
    assertThat(fixture.at(2).ack(r(1), BROKER_1)).isEmpty();
  }

  @Test
  void answerWhoseAckIsJustInTimeReportsItsDelay() {
    fixture.post(1);

    assertThat(fixture.at(ACK_TIMEOUT).response(r(1)))
        .containsExactly("ack of r1 after 3000 ms", "answer r1");
  }

  @Test
  void answerWhoseAckIsOverdueReportsNoDelay() {
    fixture.post(1);

    assertThat(fixture.at(ACK_TIMEOUT + 1).response(r(1))).containsExactly("answer r1");
  }

  @Test
  void answerAfterTheAckReportsNoDelay() {
    fixture.get(1);
    assertThat(fixture.at(1).ack(r(1), BROKER_1))
        .containsExactly("ack of r1 by " + BROKER_1 + " after 1 ms");

    assertThat(fixture.at(9).response(r(1))).containsExactly("answer r1");
  }

  @Test
  void ackDelayIsThatOfTheLatestPublication() {
    fixture.get(1);
    fixture.at(10).outcome(r(1), PublicationOutcome.UNKNOWN);

    assertThat(fixture.at(12).ack(r(1), BROKER_1)).isEmpty();
    assertThat(fixture.at(15).ack(p(1), BROKER_2))
        .containsExactly("ack of r1 by " + BROKER_2 + " after 5 ms");
  }

  // Errors of brokers.

  @Test
  void callerGetsAnErrorOfTheLatestIdUnchanged() {
    fixture.get(1);
    EventError error = new EventError(Failure.UPSTREAM_TIMEOUT, "too slow", Hop.UPSTREAM_AGENT);

    assertThat(fixture.pending.onError(new BrokerError(r(1), r(8), error), false, at0(0)))
        .containsExactly(new PendingEffect.Refuse(r(1), new TestCaller(1), error));
    assertForgotten();
  }

  @Test
  void earlyUpstreamBusyIsReportedBeforeTheError() {
    fixture.post(1);

    assertThat(fixture.at(ACK_TIMEOUT).error(r(1), Failure.UPSTREAM_BUSY))
        .containsExactly("busy r1", "refuse r1 upstream_busy");
    assertForgotten();
  }

  @Test
  void lateUpstreamBusyIsNotReported() {
    fixture.post(1);

    assertThat(fixture.at(ACK_TIMEOUT + 1).error(r(1), Failure.UPSTREAM_BUSY))
        .containsExactly("refuse r1 upstream_busy");
    assertForgotten();
  }

  @Test
  void otherErrorsAreNotReportedAsUpstreamBusy() {
    fixture.post(1);

    assertThat(fixture.error(r(1), Failure.NO_UPSTREAM_AGENT))
        .containsExactly("refuse r1 no_upstream_agent");
  }

  @Test
  void errorOfAnEarlierIdIsDropped() {
    fixture.get(1);
    fixture.outcome(r(1), PublicationOutcome.UNKNOWN);

    assertThat(fixture.error(r(1), Failure.UPSTREAM_AGENT_LOST)).isEmpty();

    assertThat(fixture.journal).endsWith("dropped broker_error");
  }

  // Orphaned errors.

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"UPSTREAM_TIMEOUT", "NOT_RUN"})
  void orphanedErrorOfARepeatableRequestIsDropped(Failure failure) {
    fixture.get(1);

    assertThat(fixture.orphanedError(r(1), failure)).isEmpty();

    assertThat(fixture.journal).endsWith("dropped broker_error");
  }

  @Test
  void callerGetsAnOrphanedErrorOfANonRepeatableRequest() {
    fixture.post(1);

    assertThat(fixture.orphanedError(r(1), Failure.UPSTREAM_TIMEOUT))
        .containsExactly("refuse r1 upstream_timeout");
  }

  @Test
  void nonRepeatableRequestIsPublishedAgainAfterAnOrphanedNotRun() {
    fixture.post(1);

    assertThat(fixture.orphanedError(r(1), Failure.NOT_RUN)).containsExactly("publish r1 as p1");
  }

  /**
   * An upstream agent can send an error to any broker that is gone, so that it becomes an orphan.
   */
  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"UPSTREAM_TIMEOUT", "NOT_RUN"})
  void orphanOfABrokerThatHasNotAckedTheRequestIsDropped(Failure failure) {
    fixture.post(1);

    assertThat(fixture.orphanedError(r(1), failure, BROKER_1)).isEmpty();
    fixture.ack(r(1), BROKER_1);
    assertThat(fixture.orphanedError(r(1), failure, BROKER_2)).isEmpty();

    assertThat(fixture.journal).endsWith("dropped broker_error");
  }

  @Test
  void orphanedNotRunOfTheBrokerThatAckedTheRequestIsAccepted() {
    fixture.post(1);
    fixture.ack(r(1), BROKER_1);

    assertThat(fixture.orphanedError(r(1), Failure.NOT_RUN, BROKER_1))
        .containsExactly("publish r1 as p1");
  }

  @Test
  void ackOfAnEarlierPublicationDoesNotMakeAnOrphanCredible() {
    fixture.post(1);
    fixture.ack(r(1), BROKER_1);
    fixture.orphanedError(r(1), Failure.NOT_RUN, BROKER_1);

    assertThat(fixture.orphanedError(p(1), Failure.NOT_RUN, BROKER_1)).isEmpty();
  }

  // Deliveries that are settled first.

  @Test
  void eventThatMakesANonRepeatableRequestRunAgainIsSettledFirst() {
    fixture.post(1);

    assertThat(fixture.pending.settlesFirst(PendingFixture.event(r(1)))).isTrue();
    assertThat(fixture.pending.settlesFirst(PendingFixture.errorOf(r(1), Failure.NOT_RUN)))
        .isTrue();
    assertThat(fixture.pending.settlesFirst(PendingFixture.errorOf(r(1), Failure.UPSTREAM_TIMEOUT)))
        .isFalse();
    assertThat(fixture.pending.settlesFirst(PendingFixture.responseTo(r(1)))).isFalse();
  }

  @Test
  void noEventOfARepeatableOrUnknownRequestIsSettledFirst() {
    fixture.get(1);

    assertThat(fixture.pending.settlesFirst(PendingFixture.event(r(1)))).isFalse();
    assertThat(fixture.pending.settlesFirst(PendingFixture.errorOf(r(1), Failure.NOT_RUN)))
        .isFalse();
    assertThat(fixture.pending.settlesFirst(PendingFixture.errorOf(r(7), Failure.NOT_RUN)))
        .isFalse();
  }

  private void assertForgotten() {
    assertThat(fixture.pending.entries()).isZero();
  }
}
