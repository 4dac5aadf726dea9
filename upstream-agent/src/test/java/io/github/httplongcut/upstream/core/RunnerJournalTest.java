package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Times and slots that the runner notes in its journal, for the metrics. */
final class RunnerJournalTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void answeredRequestEndsWithTheConfirmOfItsAnswer() {
    fixture.get(1);
    fixture.at(100).response(1);

    fixture.at(130).answerDone(1, AnswerOutcome.CONFIRMED);

    assertThat(fixture.times).containsExactly("r1 CONFIRMED after 30 ms", "r1 response in 130 ms");
  }

  /** The second error is not what has happened to the request. */
  @Test
  void errorThatIsPublishedTwiceKeepsItsFirstReasonAndTime() {
    fixture.settledPost(1);
    fixture.at(100).callFailed(1, Failure.UPSTREAM_UNREACHABLE);
    fixture.at(150).answerDone(1, AnswerOutcome.IN_DOUBT);

    fixture.at(180).answerDone(1, AnswerOutcome.CONFIRMED);

    assertThat(fixture.times)
        .containsExactly("r1 CONFIRMED after 80 ms", "r1 upstream_unreachable in 180 ms");
  }

  @Test
  void answerThatComesTooLateHasNoOutcome() {
    fixture.get(1);

    fixture.at(RunnerFixture.TTL).response(1);

    assertThat(fixture.times).containsExactly("r1 response in 5000 ms");
  }

  @Test
  void freeSlotsFollowTheRequests() {
    fixture.get(1);
    assertThat(fixture.freeSlots).isEqualTo(1);
    fixture.get(2);
    assertThat(fixture.freeSlots).isZero();

    fixture.response(1);
    assertThat(fixture.freeSlots).isEqualTo(1);

    fixture.runner.withdraw(fixture.orders, "fails", fixture.now());
    assertThat(fixture.freeSlots).isZero();
    assertThat(fixture.journal).endsWith("withdrawn orders");
    fixture.runner.offer(fixture.orders, fixture.now());
    assertThat(fixture.freeSlots).isEqualTo(1);
    assertThat(fixture.journal).endsWith("offered orders");

    fixture.drain();
    assertThat(fixture.freeSlots).isZero();
  }

  /** The target is full until RabbitMQ confirms answers again. */
  @Test
  void slotsAreNotFreeWhileTooManyAnswersAreUnconfirmed() {
    int most = 2 * TargetStates.MAX_UNCONFIRMED_PER_SLOT;
    for (int i = 1; i <= most; i++) {
      fixture.receive(fixture.delivery(), request(i, "GET"));
      fixture.response(i);
    }
    assertThat(fixture.freeSlots).isZero();

    fixture.answerDone(1, AnswerOutcome.CONFIRMED);

    assertThat(fixture.freeSlots).isEqualTo(2);
  }
}
