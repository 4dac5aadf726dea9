package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.PendingRequest.IncomingRequest;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication.Batching;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PendingRequestsTest {

  private static final ProcessId CLIENT = ProcessId.parse("acme.edge-aaaaaa");
  private static final ProcessId BROKER = ProcessId.parse("broker.b-bbbbbb");
  private static final ProcessId OTHER_BROKER = ProcessId.parse("broker.c-cccccc");
  private static final Response RESPONSE = new Response(200, Headers.EMPTY, Body.ofText("hi"));

  private static final long T0 = 1_000_000_000_000L;
  private static final long ACK = Duration.ofSeconds(3).toNanos();
  private static final long REQUEST_TIMEOUT = Duration.ofSeconds(30).toNanos();
  private static final long MS = Duration.ofMillis(1).toNanos();

  // Recorded calls, each list in order.
  private final List<RequestPublisher.RequestPublication> publications = new ArrayList<>();

  private final List<String> cancels = new ArrayList<>();
  private final List<UUID> withdrawn = new ArrayList<>();
  private final List<Long> ackDelays = new ArrayList<>();
  private final List<Response> answers = new ArrayList<>();
  private final List<EventError> errors = new ArrayList<>();
  private final List<Integer> errorsBeforeBusy = new ArrayList<>();

  private final PendingRequests pending =
      new PendingRequests(
          CLIENT,
          Duration.ofNanos(ACK),
          new RequestPublisher() {
            @Override
            public Runnable publish(RequestPublication publication) {
              assertThat(pending().entries()).as("registered before published").isGreaterThan(1);
              publications.add(publication);
              return () -> withdrawn.add(publication.event().clientReqId());
            }

            @Override
            public void cancel(ClientCancel cancel, ProcessId brokerId) {
              cancels.add(cancel.clientReqId() + " " + cancel.brokerReqId() + " at " + brokerId);
            }
          },
          UUID::randomUUID);

  private PendingRequests pending() {
    return pending;
  }

  // --- publishing

  @Test
  void aRequestIsPublishedOnceWithItsFirstIdAndTheAckTimeoutAsExpiration() {
    UUID id = add("GET");

    assertThat(publications)
        .containsExactly(
            new RequestPublisher.RequestPublication(
                new ClientRequest(CLIENT, id, 29_750, request("GET")),
                3_000,
                Batching.REPEATABLE,
                T0 + ACK));
    assertThat(publications.get(0).routingKey()).isEqualTo("orders.acme.edge-aaaaaa");
  }

  @Test
  void aNonRepeatableRequestIsBatchedOnlyWithOthersLikeIt() {
    add("POST");

    assertThat(publications.get(0).batching()).isEqualTo(Batching.NOT_REPEATABLE);
  }

  @Test
  void aRequestWithLessTimeThanTheAckTimeoutIsPublishedAloneAndExpiresWithItsDeadline() {
    pending.add(incoming("GET", T0 + 1_250 * MS), T0);

    RequestPublisher.RequestPublication publication = publications.get(0);
    assertThat(publication.event().clientReqTtl()).isEqualTo(1_000);
    assertThat(publication.expirationMillis()).isEqualTo(1_000);
    assertThat(publication.batching()).isEqualTo(Batching.ALONE);
    assertThat(publication.giveUpAt()).isEqualTo(T0 + 1_000 * MS);
  }

  @Test
  void aRequestWithNoTimeLeftIsNotPublished() {
    pending.add(incoming("GET", T0 + 250 * MS), T0);

    assertThat(publications).isEmpty();
    assertFailedWith(Failure.REQUEST_TIMEOUT);
  }

  // --- the answer

  @Test
  void theCallerGetsTheAnswerAndTheRequestIsForgotten() {
    UUID id = add("POST");

    assertThat(pending.onResponse(response(id), T0 + MS)).isTrue();

    assertThat(answers).containsExactly(RESPONSE);
    assertForgotten();
  }

  @Test
  void aSecondAnswerIsDropped() {
    UUID id = add("GET");
    pending.onResponse(response(id), T0 + MS);

    assertThat(pending.onResponse(response(id), T0 + MS)).isFalse();

    assertThat(answers).hasSize(1);
  }

  @Test
  void anAnswerToAnEarlierIdIsUsed() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0 + MS);

    pending.onResponse(response(first), T0 + MS);

    assertThat(answers).containsExactly(RESPONSE);
    assertForgotten();
    assertThat(pending.onResponse(response(latestId()), T0 + MS)).isFalse();
  }

  @Test
  void anAnswerBeforeTheConfirmIsUsed() {
    UUID id = add("GET");
    pending.onResponse(response(id), T0 + MS);

    pending.onOutcome(id, Outcome.CONFIRMED, T0 + MS);
    pending.onTick(T0 + 3 * ACK);

    assertThat(errors).isEmpty();
    assertForgotten();
  }

  // --- it never ran

  @Test
  void aRequestThatIsAlwaysReturnedIsPublishedThreeTimesAndFails() {
    UUID first = add("POST");

    pending.onOutcome(first, Outcome.RETURNED, T0 + MS);
    assertThat(publications).hasSize(2);
    pending.onOutcome(latestId(), Outcome.RETURNED, T0 + 2 * MS);
    assertThat(publications).hasSize(3);
    assertThat(errors).isEmpty();
    pending.onOutcome(latestId(), Outcome.RETURNED, T0 + 3 * MS);

    assertThat(publications).hasSize(3);
    assertThat(publications.stream().map(each -> each.event().clientReqId()).distinct()).hasSize(3);
    assertFailedWith(Failure.BROKER_UNAVAILABLE);
  }

  @Test
  void withoutABrokerARequestFailsAfterThreeDeadLetters() {
    add("POST");

    for (int i = 1; i <= 3; i++) {
      long now = T0 + i * ACK;
      pending.onOutcome(latestId(), Outcome.CONFIRMED, now - ACK + MS);
      pending.onTick(now);
      pending.onDeadLetter(publications.get(i - 1).event(), now);
    }

    assertThat(publications).hasSize(3);
    assertFailedWith(Failure.BROKER_UNAVAILABLE);
  }

  @Test
  void notRunIsPublishedAgainAndNeverShownToTheCaller() {
    add("POST");

    for (int i = 0; i < 3; i++) {
      pending.onError(error(latestId(), Failure.NOT_RUN), false, T0 + MS);
    }

    assertThat(publications).hasSize(3);
    assertFailedWith(Failure.BROKER_UNAVAILABLE);
  }

  @Test
  void aReturnedRequestWithNoTimeLeftIsNotPublishedAgain() {
    UUID id = add("GET");

    pending.onOutcome(id, Outcome.RETURNED, T0 + REQUEST_TIMEOUT - 250 * MS);

    assertThat(publications).hasSize(1);
    assertFailedWith(Failure.BROKER_UNAVAILABLE);
  }

  @Test
  void aDeadLetterOfAnEarlierIdIsDropped() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0 + MS);

    assertThat(pending.onDeadLetter(publications.get(0).event(), T0 + ACK)).isFalse();

    assertThat(publications).hasSize(2);
    assertThat(errors).isEmpty();
  }

  @Test
  void aDeadLetterOfAForgottenRequestIsDropped() {
    UUID id = add("GET");
    pending.onResponse(response(id), T0 + MS);

    assertThat(pending.onDeadLetter(publications.get(0).event(), T0 + ACK)).isFalse();
    assertThat(publications).hasSize(1);
  }

  @Test
  void theTimeLeftShrinksWithEachPublication() {
    UUID id = add("GET");

    pending.onOutcome(id, Outcome.RETURNED, T0 + 28_750 * MS);

    RequestPublisher.RequestPublication again = publications.get(1);
    assertThat(again.event().clientReqTtl()).isEqualTo(1_000);
    assertThat(again.batching()).isEqualTo(Batching.ALONE);
  }

  // --- RabbitMQ does not take it

  @Test
  void aNackMeansOverloaded() {
    pending.onOutcome(add("POST"), Outcome.NACKED, T0 + MS);

    assertFailedWith(Failure.OVERLOADED);
  }

  @Test
  void aNackOfALaterPublicationMeansOverloadedToo() {
    pending.onOutcome(add("POST"), Outcome.RETURNED, T0 + MS);
    pending.onOutcome(latestId(), Outcome.NACKED, T0 + 2 * MS);

    assertFailedWith(Failure.OVERLOADED);
  }

  @Test
  void aBlockedConnectionMeansOverloaded() {
    pending.onOutcome(add("GET"), Outcome.BLOCKED, T0 + MS);

    assertFailedWith(Failure.OVERLOADED);
  }

  @Test
  void aPublicationThatPermissionsForbidMeansTargetForbidden() {
    pending.onOutcome(add("POST"), Outcome.REFUSED, T0 + MS);

    assertFailedWith(Failure.TARGET_FORBIDDEN);
  }

  @Test
  void noConnectionForTheAckTimeoutMeansBrokerUnavailable() {
    pending.onOutcome(add("GET"), Outcome.NO_CONNECTION, T0 + ACK);

    assertFailedWith(Failure.BROKER_UNAVAILABLE);
  }

  // --- its outcome is unknown

  @Test
  void aRepeatableRequestWithUnknownOutcomeIsPublishedAgainAtOnce() {
    pending.onOutcome(add("HEAD"), Outcome.UNKNOWN, T0 + MS);

    assertThat(publications).hasSize(2);
    assertThat(errors).isEmpty();
  }

  @Test
  void aNonRepeatableRequestWithUnknownOutcomeWaitsForTheCheck() {
    pending.onOutcome(add("POST"), Outcome.UNKNOWN, T0 + MS);

    pending.onTick(T0 + MS + 2 * ACK - 1);
    assertThat(errors).isEmpty();
    pending.onTick(T0 + MS + 2 * ACK);

    assertThat(publications).hasSize(1);
    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  @Test
  void aDeadLetterResolvesAnUnknownOutcome() {
    pending.onOutcome(add("POST"), Outcome.UNKNOWN, T0 + MS);

    assertThat(pending.onDeadLetter(publications.get(0).event(), T0 + ACK)).isTrue();

    assertThat(publications).hasSize(2);
    pending.onTick(T0 + 3 * ACK);
    assertThat(errors).isEmpty();
  }

  @Test
  void anAnswerBeforeTheAckReportsItsDelayAsTheAcks() {
    UUID id = add("GET");
    pending.onResponse(response(id), T0 + MS);

    pending.onAck(ack(id, BROKER), T0 + 2 * MS);

    assertThat(ackDelays).containsExactly(MS);
  }

  @Test
  void anAnswerWhoseAckIsOverdueReportsNoDelay() {
    UUID id = add("POST");
    pending.onResponse(response(id), T0 + ACK + 1);

    assertThat(answers).hasSize(1);
    assertThat(ackDelays).isEmpty();
  }

  @Test
  void anAnswerAfterTheAckReportsNoDelay() {
    UUID id = add("GET");
    pending.onAck(ack(id, BROKER), T0 + MS);
    pending.onResponse(response(id), T0 + 9 * MS);

    assertThat(ackDelays).containsExactly(MS);
  }

  @Test
  void anAckResolvesAnUnknownOutcome() {
    UUID id = add("POST");
    pending.onAck(ack(id, BROKER), T0 + MS);
    pending.onOutcome(id, Outcome.UNKNOWN, T0 + MS);

    pending.onTick(T0 + 5 * ACK);

    assertThat(publications).hasSize(1);
    assertThat(errors).isEmpty();
  }

  // --- the check

  @Test
  void theCheckComesAtTwiceTheAckTimeoutFromTheConfirm() {
    pending.onOutcome(add("POST"), Outcome.CONFIRMED, T0 + 5 * MS);

    pending.onTick(T0 + 5 * MS + 2 * ACK - 1);
    assertThat(errors).isEmpty();
    pending.onTick(T0 + 5 * MS + 2 * ACK);

    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  @Test
  void atTheCheckARepeatableRequestIsPublishedAgain() {
    pending.onOutcome(add("GET"), Outcome.CONFIRMED, T0);

    pending.onTick(T0 + 2 * ACK);

    assertThat(publications).hasSize(2);
    assertThat(errors).isEmpty();
  }

  @Test
  void atTheCheckARepeatableRequestWithNoTimeLeftFails() {
    UUID id = add("GET");
    pending.onOutcome(id, Outcome.CONFIRMED, T0 + REQUEST_TIMEOUT - 2 * ACK - 100 * MS);

    pending.onTick(T0 + REQUEST_TIMEOUT - 100 * MS);

    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  @Test
  void anAckEndsTheCheck() {
    UUID id = add("POST");
    pending.onOutcome(id, Outcome.CONFIRMED, T0);
    pending.onAck(ack(id, BROKER), T0 + MS);

    pending.onTick(T0 + 5 * ACK);

    assertThat(errors).isEmpty();
  }

  @Test
  void anAckBeforeTheConfirmEndsTheCheckToo() {
    UUID id = add("POST");
    pending.onAck(ack(id, BROKER), T0 + MS);
    pending.onOutcome(id, Outcome.CONFIRMED, T0);

    pending.onTick(T0 + 5 * ACK);

    assertThat(errors).isEmpty();
  }

  @Test
  void anAckOfAnEarlierIdDoesNotEndTheCheck() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0);
    pending.onOutcome(latestId(), Outcome.CONFIRMED, T0);
    pending.onAck(ack(first, BROKER), T0 + MS);

    pending.onTick(T0 + 2 * ACK);

    assertThat(publications).hasSize(3);
  }

  @Test
  void excusedTimeDelaysTheCheck() {
    pending.onOutcome(add("POST"), Outcome.CONFIRMED, T0);
    pending.excuse(4 * ACK);

    pending.onTick(T0 + 6 * ACK - 1);
    assertThat(errors).isEmpty();
    pending.onTick(T0 + 6 * ACK);

    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  @Test
  void timeExcusedBeforeTheConfirmDoesNotDelayTheCheck() {
    pending.excuse(4 * ACK);
    pending.onOutcome(add("POST"), Outcome.CONFIRMED, T0);

    pending.onTick(T0 + 2 * ACK - 1);
    assertThat(errors).isEmpty();
    pending.onTick(T0 + 2 * ACK);

    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  // --- errors of brokers

  @Test
  void theCallerGetsAnErrorOfTheLatestIdUnchanged() {
    EventError error = new EventError(Failure.UPSTREAM_TIMEOUT, "too slow", Hop.UPSTREAM_AGENT);

    assertThat(pending.onError(new BrokerError(add("GET"), UUID.randomUUID(), error), false, T0))
        .isTrue();

    assertThat(errors).containsExactly(error);
    assertForgotten();
  }

  @Test
  void anEarlyUpstreamBusyIsReportedBeforeTheError() {
    pending.onError(error(add("POST"), Failure.UPSTREAM_BUSY), false, T0 + ACK);

    assertThat(errorsBeforeBusy).as("errors before the report").containsExactly(0);
    assertFailedWith(Failure.UPSTREAM_BUSY);
  }

  @Test
  void aLateUpstreamBusyIsNotReported() {
    pending.onError(error(add("POST"), Failure.UPSTREAM_BUSY), false, T0 + ACK + 1);

    assertThat(errorsBeforeBusy).isEmpty();
    assertFailedWith(Failure.UPSTREAM_BUSY);
  }

  @Test
  void otherErrorsAreNotReportedAsUpstreamBusy() {
    pending.onError(error(add("POST"), Failure.NO_UPSTREAM_AGENT), false, T0);

    assertThat(errorsBeforeBusy).isEmpty();
  }

  @Test
  void anErrorOfAnEarlierIdIsDropped() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0);

    assertThat(pending.onError(error(first, Failure.UPSTREAM_AGENT_LOST), false, T0)).isFalse();

    assertThat(errors).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"UPSTREAM_TIMEOUT", "NOT_RUN"})
  void anOrphanedErrorOfARepeatableRequestIsDropped(Failure failure) {
    assertThat(pending.onError(error(add("GET"), failure), true, T0)).isFalse();

    assertThat(errors).isEmpty();
    assertThat(publications).hasSize(1);
  }

  @Test
  void theCallerGetsAnOrphanedErrorOfANonRepeatableRequest() {
    pending.onError(error(add("POST"), Failure.UPSTREAM_TIMEOUT), true, T0);

    assertFailedWith(Failure.UPSTREAM_TIMEOUT);
  }

  @Test
  void aNonRepeatableRequestIsPublishedAgainAfterAnOrphanedNotRun() {
    pending.onError(error(add("POST"), Failure.NOT_RUN), true, T0);

    assertThat(publications).hasSize(2);
  }

  /**
   * An upstream agent can send an error to any broker that is gone, so that it becomes an orphan.
   */
  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"UPSTREAM_TIMEOUT", "NOT_RUN"})
  void anOrphanOfABrokerThatHasNotAckedTheRequestIsDropped(Failure failure) {
    UUID id = add("POST");
    BrokerError early = error(id, failure).orphanOf(BROKER);
    assertThat(pending.onError(early, true, T0)).isFalse();
    pending.onAck(ack(id, BROKER), T0);

    assertThat(pending.onError(error(id, failure).orphanOf(OTHER_BROKER), true, T0)).isFalse();

    assertThat(errors).isEmpty();
    assertThat(publications).hasSize(1);
  }

  @Test
  void anOrphanedNotRunOfTheBrokerThatAckedTheRequestIsAccepted() {
    UUID id = add("POST");
    pending.onAck(ack(id, BROKER), T0);

    assertThat(pending.onError(error(id, Failure.NOT_RUN).orphanOf(BROKER), true, T0)).isTrue();

    assertThat(publications).hasSize(2);
  }

  @Test
  void anAckOfAnEarlierPublicationDoesNotMakeAnOrphanCredible() {
    UUID first = add("POST");
    pending.onAck(ack(first, BROKER), T0);
    pending.onError(error(first, Failure.NOT_RUN).orphanOf(BROKER), true, T0);

    BrokerError late = error(latestId(), Failure.NOT_RUN).orphanOf(BROKER);
    assertThat(pending.onError(late, true, T0)).isFalse();

    assertThat(publications).hasSize(2);
  }

  // --- settled first

  @Test
  void anEventThatMakesANonRepeatableRequestRunAgainIsSettledFirst() {
    UUID id = add("POST");

    assertThat(pending.settlesFirst(publications.get(0).event())).isTrue();
    assertThat(pending.settlesFirst(error(id, Failure.NOT_RUN))).isTrue();
    assertThat(pending.settlesFirst(error(id, Failure.UPSTREAM_TIMEOUT))).isFalse();
    assertThat(pending.settlesFirst(response(id))).isFalse();
  }

  @Test
  void noEventOfARepeatableOrUnknownRequestIsSettledFirst() {
    UUID id = add("GET");

    assertThat(pending.settlesFirst(publications.get(0).event())).isFalse();
    assertThat(pending.settlesFirst(error(id, Failure.NOT_RUN))).isFalse();
    assertThat(pending.settlesFirst(error(UUID.randomUUID(), Failure.NOT_RUN))).isFalse();
  }

  // --- timed out, hung up, stopped

  @Test
  void noAnswerUntilTheDeadlineMeansRequestTimeout() {
    pending.onAck(ack(add("POST"), BROKER), T0 + MS);

    pending.onTick(T0 + REQUEST_TIMEOUT - 1);
    assertThat(errors).isEmpty();
    pending.onTick(T0 + REQUEST_TIMEOUT);

    assertFailedWith(Failure.REQUEST_TIMEOUT);
  }

  @Test
  void excusedTimeDoesNotMoveTheDeadline() {
    pending.onAck(ack(add("POST"), BROKER), T0 + MS);
    pending.excuse(REQUEST_TIMEOUT);

    pending.onTick(T0 + REQUEST_TIMEOUT);

    assertFailedWith(Failure.REQUEST_TIMEOUT);
  }

  @Test
  void aHangUpForgetsTheRequestAndCancelsItAtEveryBrokerThatAckedIt() {
    UUID first = add("GET");
    ClientRequestAck firstAck = ack(first, BROKER);
    pending.onAck(firstAck, T0 + MS);
    pending.onOutcome(first, Outcome.CONFIRMED, T0);
    pending.onError(error(first, Failure.NOT_RUN), false, T0);
    ClientRequestAck secondAck = ack(latestId(), OTHER_BROKER);
    pending.onAck(secondAck, T0 + MS);

    pending.onHungUp(first, T0);

    assertThat(cancels)
        .containsExactly(
            first + " " + firstAck.brokerReqId() + " at " + BROKER,
            latestId() + " " + secondAck.brokerReqId() + " at " + OTHER_BROKER);
    assertForgottenAfter(2 * ACK);
    assertThat(answers).isEmpty();
    assertThat(errors).isEmpty();
  }

  @Test
  void aHangUpWithdrawsAPublicationThatIsNotWritten() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0 + MS);

    pending.onHungUp(first, T0 + MS);

    assertThat(withdrawn).containsExactly(latestId());
    assertThat(cancels).isEmpty();
  }

  /** The withdrawal, which holds the encoded request, is dropped at the confirm. */
  @Test
  void aConfirmedPublicationIsNotWithdrawn() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.CONFIRMED, T0 + MS);

    pending.onHungUp(first, T0 + MS);

    assertThat(withdrawn).isEmpty();
  }

  @Test
  void anAckAfterTheHangUpIsAnsweredWithACancel() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0 + MS);
    UUID second = latestId();
    pending.onHungUp(first, T0 + MS);
    ClientRequestAck firstAck = ack(first, BROKER);
    ClientRequestAck secondAck = ack(second, OTHER_BROKER);

    pending.onAck(firstAck, T0 + MS);
    pending.onAck(secondAck, T0 + MS);

    assertThat(cancels)
        .containsExactly(
            first + " " + firstAck.brokerReqId() + " at " + BROKER,
            second + " " + secondAck.brokerReqId() + " at " + OTHER_BROKER);
  }

  @Test
  void theAckDelayIsThatOfTheLatestPublication() {
    UUID first = add("GET");
    pending.onOutcome(first, Outcome.UNKNOWN, T0 + 10 * MS);

    pending.onAck(ack(first, BROKER), T0 + 12 * MS);
    pending.onAck(ack(latestId(), OTHER_BROKER), T0 + 15 * MS);

    assertThat(ackDelays).containsExactly(5 * MS);
  }

  /** RabbitMQ gives the request to another broker when the first one dies. */
  @Test
  void anotherBrokerThatAcksAfterTheHangUpGetsACancelToo() {
    UUID id = add("GET");
    pending.onAck(ack(id, BROKER), T0 + MS);
    pending.onHungUp(id, T0);

    pending.onAck(ack(id, OTHER_BROKER), T0 + MS);

    assertThat(cancels).hasSize(2);
    assertThat(cancels.get(1)).endsWith(" at " + OTHER_BROKER);
  }

  @Test
  void hangUpsAreForgottenWhenNoBrokerCanAckThemAnyMore() {
    UUID id = add("POST");
    pending.onHungUp(id, T0);
    pending.onTick(T0 + 2 * ACK);

    pending.onAck(ack(id, BROKER), T0 + MS);

    assertThat(cancels).isEmpty();
    assertForgotten();
  }

  @Test
  void theNumberOfRememberedHangUpsIsLimited() {
    for (int i = 0; i <= AbandonedRequests.MAX_IDS; i++) {
      pending.onHungUp(add("GET"), T0);
    }

    assertThat(pending.entries()).isEqualTo(AbandonedRequests.MAX_IDS);
  }

  @Test
  void aHangUpAfterTheAnswerHasNoEffect() {
    UUID id = add("POST");
    pending.onAck(ack(id, BROKER), T0 + MS);
    pending.onResponse(response(id), T0 + MS);

    pending.onHungUp(id, T0);

    assertThat(cancels).isEmpty();
  }

  @Test
  void requestsThatStillWaitFailWhenTheProcessStops() {
    add("GET");
    add("POST");

    pending.abandonAll();

    assertThat(errors).extracting(EventError::failure).containsOnly(Failure.REQUEST_TIMEOUT);
    assertThat(errors).hasSize(2);
    assertForgotten();
  }

  @ParameterizedTest
  @EnumSource(Outcome.class)
  void outcomesOfForgottenRequestsHaveNoEffect(Outcome outcome) {
    UUID id = add("GET");
    pending.onResponse(response(id), T0 + MS);

    pending.onOutcome(id, outcome, T0 + MS);

    assertThat(publications).hasSize(1);
    assertThat(errors).isEmpty();
    assertForgotten();
  }

  // --- in doubt: a quorum queue gave the request back

  @Test
  void aNonRepeatableRequestInDoubtWaitsForTheCheckEvenIfAcked() {
    UUID id = add("POST");
    pending.onAck(ack(id, BROKER), T0);

    assertThat(pending.onInDoubt(publications.get(0).event(), T0)).isTrue();
    pending.onTick(T0 + 2 * ACK - 1);
    assertThat(errors).isEmpty();
    pending.onTick(T0 + 2 * ACK);

    assertThat(publications).hasSize(1);
    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  @Test
  void theAnswerOfARequestInDoubtIsUsed() {
    UUID id = add("POST");
    pending.onInDoubt(publications.get(0).event(), T0);

    pending.onResponse(response(id), T0 + MS);

    assertThat(answers).containsExactly(RESPONSE);
  }

  @Test
  void aRepeatableRequestInDoubtIsPublishedThreeTimesInAll() {
    add("GET");

    for (int i = 0; i < 3; i++) {
      pending.onInDoubt(publications.get(i).event(), T0);
    }

    assertThat(publications).hasSize(3);
    assertFailedWith(Failure.BROKER_ACK_TIMEOUT);
  }

  @Test
  void anEarlierIdInDoubtIsDropped() {
    add("GET");
    pending.onInDoubt(publications.get(0).event(), T0);

    assertThat(pending.onInDoubt(publications.get(0).event(), T0)).isFalse();
    assertThat(publications).hasSize(2);
  }

  @Test
  void withANewInboxRepeatableRequestsArePublishedAgain() {
    UUID get = add("GET");
    UUID post = add("POST");
    pending.onAck(ack(get, BROKER), T0);

    pending.onInboxReplaced(T0);

    assertThat(publications).hasSize(3);
    assertThat(publications.get(2).event().request().method()).isEqualTo("GET");
    assertThat(withdrawn).as("may not be written yet").containsExactly(get);
    pending.onResponse(response(get), T0 + MS);
    pending.onResponse(response(post), T0 + MS);
    assertThat(answers).hasSize(2);
    assertForgotten();
  }

  // --- helpers

  private UUID add(String method) {
    IncomingRequest incoming = incoming(method, T0 + REQUEST_TIMEOUT);
    pending.add(incoming, T0);
    return incoming.firstId();
  }

  private IncomingRequest incoming(String method, long deadline) {
    Caller caller =
        new Caller() {
          @Override
          public void acked(long delayNanos) {
            ackDelays.add(delayNanos);
          }

          @Override
          public void answer(Response response) {
            answers.add(response);
          }

          @Override
          public void onUpstreamBusy() {
            errorsBeforeBusy.add(errors.size());
          }

          @Override
          public void fail(EventError error) {
            errors.add(error);
          }
        };
    return new IncomingRequest(UUID.randomUUID(), request(method), caller, deadline);
  }

  private static Request request(String method) {
    return new Request("orders", method, "/a%2Fb?q=1", Headers.EMPTY, Body.ABSENT);
  }

  private UUID latestId() {
    return publications.get(publications.size() - 1).event().clientReqId();
  }

  private static BrokerResponse response(UUID clientReqId) {
    return new BrokerResponse(CLIENT, clientReqId, UUID.randomUUID(), UUID.randomUUID(), RESPONSE);
  }

  private static BrokerError error(UUID clientReqId, Failure failure) {
    return new BrokerError(
        clientReqId, UUID.randomUUID(), new EventError(failure, "why", Hop.BROKER));
  }

  private static ClientRequestAck ack(UUID clientReqId, ProcessId brokerId) {
    return new ClientRequestAck(clientReqId, UUID.randomUUID(), brokerId);
  }

  private void assertFailedWith(Failure failure) {
    assertThat(errors).extracting(EventError::failure).containsExactly(failure);
    assertThat(answers).isEmpty();
    assertForgotten();
  }

  private void assertForgottenAfter(long nanos) {
    pending.onTick(T0 + nanos);
    assertForgotten();
  }

  private void assertForgotten() {
    assertThat(pending.entries()).isZero();
  }
}
