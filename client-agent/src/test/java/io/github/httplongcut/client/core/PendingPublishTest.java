package io.github.httplongcut.client.core;

import static io.github.httplongcut.client.core.PendingFixture.ACK_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.CLIENT;
import static io.github.httplongcut.client.core.PendingFixture.REQUEST_TIMEOUT;
import static io.github.httplongcut.client.core.PendingFixture.at0;
import static io.github.httplongcut.client.core.PendingFixture.p;
import static io.github.httplongcut.client.core.PendingFixture.r;
import static io.github.httplongcut.client.core.PendingFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.core.PendingFixture.TestCaller;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Publication of a request, and of a request that never ran. */
class PendingPublishTest {

  private final PendingFixture fixture = new PendingFixture();

  // The first publication.

  @Test
  void requestIsPublishedWithItsFirstIdAndExpiresAfterTheAckTimeout() {
    assertThat(fixture.pending.onSubmission(fixture.submission(1, "GET", 30_000), at0(0)))
        .containsExactly(
            new PendingEffect.Publish(
                new ClientRequest(CLIENT, r(1), 29_750, request(1, "GET")),
                new TestCaller(1),
                3_000,
                at0(3_000)));
  }

  @Test
  void requestWithLessTimeThanTheAckTimeoutExpiresWithItsDeadline() {
    assertThat(fixture.pending.onSubmission(fixture.submission(1, "GET", 1_250), at0(0)))
        .containsExactly(
            new PendingEffect.Publish(
                new ClientRequest(CLIENT, r(1), 1_000, request(1, "GET")),
                new TestCaller(1),
                1_000,
                at0(1_000)));
  }

  @Test
  void requestWithNoTimeLeftIsNotPublished() {
    assertThat(fixture.submit(1, "GET", 250)).containsExactly("refuse r1 request_timeout");

    assertForgotten();
  }

  // The request never ran.

  @Test
  void requestThatIsAlwaysReturnedIsPublishedThreeTimes() {
    fixture.post(1);

    assertThat(fixture.at(1).outcome(r(1), PublicationOutcome.RETURNED))
        .containsExactly("publish r1 as p1");
    assertThat(fixture.at(2).outcome(p(1), PublicationOutcome.RETURNED))
        .containsExactly("publish r1 as p2");
    assertThat(fixture.at(3).outcome(p(2), PublicationOutcome.RETURNED))
        .containsExactly("refuse r1 broker_unavailable");
    assertForgotten();
  }

  @Test
  void withoutABrokerARequestFailsAfterThreeDeadLetters() {
    fixture.post(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.CONFIRMED);

    assertThat(fixture.tick(ACK_TIMEOUT)).isEmpty();
    assertThat(fixture.deadLetter(r(1))).containsExactly("publish r1 as p1");
    fixture.at(ACK_TIMEOUT + 1).outcome(p(1), PublicationOutcome.CONFIRMED);
    assertThat(fixture.tick(2 * ACK_TIMEOUT)).isEmpty();
    assertThat(fixture.deadLetter(p(1))).containsExactly("publish r1 as p2");
    fixture.at(2 * ACK_TIMEOUT + 1).outcome(p(2), PublicationOutcome.CONFIRMED);
    assertThat(fixture.tick(3 * ACK_TIMEOUT)).isEmpty();
    assertThat(fixture.deadLetter(p(2))).containsExactly("refuse r1 broker_unavailable");
    assertForgotten();
  }

  @Test
  void notRunIsPublishedAgainAndNeverShownToTheCaller() {
    fixture.post(1);

    assertThat(fixture.at(1).error(r(1), Failure.NOT_RUN)).containsExactly("publish r1 as p1");
    assertThat(fixture.error(p(1), Failure.NOT_RUN)).containsExactly("publish r1 as p2");
    assertThat(fixture.error(p(2), Failure.NOT_RUN))
        .containsExactly("refuse r1 broker_unavailable");
    assertThat(fixture.journal)
        .endsWith("r1 came back (not_run)", "r1 forgotten (broker_unavailable)")
        .filteredOn("r1 came back (not_run)"::equals)
        .hasSize(3);
    assertForgotten();
  }

  @Test
  void returnedRequestWithNoTimeLeftIsNotPublishedAgain() {
    fixture.get(1);

    assertThat(fixture.at(REQUEST_TIMEOUT - 250).outcome(r(1), PublicationOutcome.RETURNED))
        .containsExactly("refuse r1 broker_unavailable");
    assertForgotten();
  }

  @Test
  void deadLetterOfAnEarlierIdIsDropped() {
    fixture.get(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.UNKNOWN);

    assertThat(fixture.at(ACK_TIMEOUT).deadLetter(r(1))).isEmpty();

    assertThat(fixture.journal).endsWith("dropped client_request");
    assertThat(fixture.pending.size()).isEqualTo(1);
  }

  @Test
  void deadLetterOfAForgottenRequestIsDropped() {
    fixture.get(1);
    fixture.at(1).response(r(1));

    assertThat(fixture.at(ACK_TIMEOUT).deadLetter(r(1))).isEmpty();

    assertThat(fixture.journal).endsWith("dropped client_request");
  }

  @Test
  void timeLeftShrinksWithEachPublication() {
    fixture.get(1);

    assertThat(fixture.pending.onOutcome(r(1), PublicationOutcome.RETURNED, at0(28_750)))
        .containsExactly(
            new PendingEffect.Publish(
                new ClientRequest(CLIENT, p(1), 1_000, request(1, "GET")),
                new TestCaller(1),
                1_000,
                at0(29_750)));
  }

  // RabbitMQ does not take the request.

  @ParameterizedTest
  @CsvSource({
    "NACKED, overloaded",
    "BLOCKED, overloaded",
    "FORBIDDEN, target_forbidden",
    "NO_CONNECTION, broker_unavailable"
  })
  void requestThatRabbitMqDoesNotTakeFails(PublicationOutcome outcome, String code) {
    fixture.post(1);

    assertThat(fixture.at(1).outcome(r(1), outcome)).containsExactly("refuse r1 " + code);
    assertForgotten();
  }

  @Test
  void nackOfALaterPublicationMeansOverloadedToo() {
    fixture.post(1);
    fixture.at(1).outcome(r(1), PublicationOutcome.RETURNED);

    assertThat(fixture.at(2).outcome(p(1), PublicationOutcome.NACKED))
        .containsExactly("refuse r1 overloaded");
    assertForgotten();
  }

  /** The session may write the publication all the same. */
  @Test
  void requestWhosePublicationThrowsFailsAndIsNotPublishedAgain() {
    fixture.get(1);
    fixture.get(2);

    assertThat(fixture.publishFailed(r(1))).containsExactly("refuse r1 internal_error");

    assertThat(fixture.journal).contains("r1 bug");
    assertThat(fixture.pending.size()).isEqualTo(1);
    assertThat(fixture.outcome(r(1), PublicationOutcome.RETURNED)).isEmpty();
  }

  @Test
  void requestThatCannotBePublishedAgainBecauseOfABugFails() {
    fixture.get(1);

    assertThat(fixture.bugAt(1).outcome(r(1), PublicationOutcome.RETURNED))
        .containsExactly("refuse r1 internal_error");

    assertThat(fixture.journal).contains("r1 bug");
    assertForgotten();
  }

  private void assertForgotten() {
    assertThat(fixture.pending.entries()).isZero();
  }
}
