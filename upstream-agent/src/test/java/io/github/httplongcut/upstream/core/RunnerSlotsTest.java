package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Slots, and the limits of unconfirmed answers. The target has two slots. */
final class RunnerSlotsTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void messageIsRejectedWhenTheTargetIsFull() {
    fixture.get(1);
    fixture.post(2); // is settling, and counts

    assertThat(fixture.state()).isEqualTo(AgentState.FULL);
    assertThat(fixture.get(3)).containsExactly("reject d3");
    assertThat(fixture.journal).endsWith("rejected 1 FULL");
  }

  @Test
  void batchThatDoesNotFitIsRejectedAsAWhole() {
    fixture.get(1);

    assertThat(fixture.receive(fixture.delivery(), request(2, "GET"), request(3, "GET")))
        .containsExactly("reject d2");
    assertThat(fixture.runner.states().inFlight(fixture.orders)).isEqualTo(1);
    assertThat(fixture.journal).endsWith("rejected 2 READY");
  }

  @Test
  void messageForAWithdrawnTargetIsRejected() {
    fixture.runner.withdraw(fixture.orders, "fails", fixture.now());
    assertThat(fixture.get(1)).containsExactly("reject d1");

    fixture.runner.offer(fixture.orders, fixture.now());
    assertThat(fixture.get(1)).containsExactly("ack r1", "call r1 GET /base/1");
  }

  /**
   * The broker counts likewise: it may send the next request before RabbitMQ confirms the answer.
   */
  @Test
  void answerFreesTheSlot() {
    fixture.get(1);
    fixture.get(2);
    assertThat(fixture.state()).isEqualTo(AgentState.FULL);

    fixture.response(2);

    assertThat(fixture.runner.states().inFlight(fixture.orders)).isEqualTo(1);
    assertThat(fixture.get(3)).containsExactly("ack r3", "call r3 GET /base/3");
  }

  @Test
  void tooManyUnconfirmedAnswersMakeTheTargetFull() {
    for (int i = 1; i <= 2 * TargetStates.MAX_UNCONFIRMED_PER_SLOT; i++) {
      assertThat(fixture.state()).isEqualTo(AgentState.READY);
      fixture.get(i);
      fixture.response(i);
    }

    assertThat(fixture.runner.states().inFlight(fixture.orders)).isZero();
    assertThat(fixture.state()).isEqualTo(AgentState.FULL);
    assertThat(fixture.get(99)).containsExactly("reject d33");

    fixture.confirmAll();

    assertThat(fixture.state()).isEqualTo(AgentState.READY);
  }

  @Test
  void tooLargeUnconfirmedAnswersMakeTheTargetFull() {
    fixture.get(1);
    byte[] content = new byte[(int) TargetStates.MAX_UNCONFIRMED_BYTES];
    fixture.response(1, new Response(200, Headers.EMPTY, Body.of(content)));

    assertThat(fixture.state()).isEqualTo(AgentState.FULL);

    fixture.confirmAll();

    assertThat(fixture.state()).isEqualTo(AgentState.READY);
  }

  @Test
  void responsesBelow500CountAsAnswersOfTheServer() {
    for (int status : new int[] {200, 404, 499, 500, 503}) {
      fixture.get(status);
      fixture.response(status, new Response(status, Headers.EMPTY, Body.ABSENT));
    }

    assertThat(fixture.runner.serverAnswers(fixture.orders)).isEqualTo(3);
  }

  // Heartbeats

  /** The ack makes the broker send the next request, which the heartbeat may prevent. */
  @Test
  void heartbeatOfAFullTargetPrecedesTheAck() {
    fixture.consuming();
    fixture.at(100).get(1);

    assertThat(fixture.get(2)).containsExactly("heartbeat full", "ack r2", "call r2 GET /base/2");
    assertThat(fixture.at(200).response(1)).containsExactly("heartbeat ready", "respond r1 200");
  }

  @Test
  void confirmOfOneOfTooManyAnswersMakesTheTargetReadyAtOnce() {
    int most = 2 * TargetStates.MAX_UNCONFIRMED_PER_SLOT;
    fixture.consuming();
    fixture.at(100);
    for (int i = 1; i < most; i++) {
      fixture.get(i);
      fixture.response(i);
    }
    fixture.get(most);
    assertThat(fixture.response(most)).containsExactly("heartbeat full", "respond r32 200");

    assertThat(fixture.at(200).answerDone(1, AnswerOutcome.CONFIRMED))
        .containsExactly("done d1", "heartbeat ready");
  }

  @Test
  void heartbeatsFollowARejection() {
    TestReceipt delivery = fixture.delivery();
    fixture.consuming();

    assertThat(fixture.receive(delivery, request(1, "GET"), request(2, "GET"), request(3, "GET")))
        .containsExactly("reject d1");
    for (int i = 1; i <= Heartbeats.AFTER_REJECTION; i++) {
      assertThat(fixture.at(100L * i).heartbeatTick()).containsExactly("heartbeat ready");
    }
    assertThat(fixture.at(600).heartbeatTick()).isEmpty();
  }

  @Test
  void withdrawnTargetSaysSoAtOnce() {
    fixture.consuming();

    assertThat(fixture.describe(fixture.runner.withdraw(fixture.orders, "fails", fixture.now())))
        .containsExactly("heartbeat gone");
    assertThat(fixture.describe(fixture.runner.offer(fixture.orders, fixture.now())))
        .containsExactly("heartbeat ready");
  }
}
