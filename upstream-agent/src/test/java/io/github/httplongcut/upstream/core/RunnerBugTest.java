package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Exceptions in the runner, or in an effect: they fail one request, and hurt no other. */
final class RunnerBugTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void bugInAStartFailsOnlyOneRequestOfABatch() {
    TestReceipt delivery = fixture.delivery();
    fixture.bugAt(1).receive(delivery, request(1, "POST"), request(2, "POST"));

    assertThat(fixture.settled(delivery))
        .containsExactly("fail r1 internal_error", "ack r2", "call r2 POST /base/2");
    assertThat(fixture.journal).contains("bug r1");
  }

  @Test
  void bugInTheCallOfARunningRequestFailsIt() {
    fixture.get(1);

    assertThat(fixture.bug(1)).containsExactly("fail r1 internal_error");
    assertThat(fixture.taken(1).isRunning()).isFalse();
    assertThat(fixture.response(1)).isEmpty();
  }

  @Test
  void bugInAnAbortFailsTheRequest() {
    fixture.get(1);
    fixture.cutOff();

    assertThat(fixture.bug(1)).containsExactly("fail r1 internal_error");
    assertThat(fixture.aborted(1, CallProgress.SENT)).isEmpty();
  }

  /** Otherwise the request would wait forever for the outcome. */
  @Test
  void bugInTheAnswerEndsTheRequest() {
    fixture.get(1);
    fixture.response(1);

    assertThat(fixture.bug(1)).containsExactly("done d1");
    assertThat(fixture.answerDone(1, AnswerOutcome.CONFIRMED)).isEmpty();
  }

  @Test
  void bugInTheAbortOfACancelledRequestHasNoEffect() {
    fixture.get(1);
    fixture.cancel(1);

    assertThat(fixture.bug(1)).isEmpty();
  }
}
