package io.github.httplongcut.upstream.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Failure;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Errors after which another agent may run the request. With two copies of such an error, one to
 * the broker and one as an orphan, two agents could run a request that is not repeatable.
 */
final class RunnerRerunTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void notRunOfAPostInDoubtIsFollowedByAgentLost() {
    assertThat(settledWhileDraining(1)).containsExactly("fail r1 not_run once");

    assertThat(fixture.answerDone(1, AnswerOutcome.IN_DOUBT))
        .containsExactly("fail r1 upstream_agent_lost");
    assertThat(fixture.runner.isIdle()).isFalse();
    assertThat(fixture.answerDone(1, AnswerOutcome.IN_DOUBT)).containsExactly("done d1");
  }

  @Test
  void unreachableOfAPostIsPublishedOnce() {
    fixture.settledPost(1);

    assertThat(fixture.callFailed(1, Failure.UPSTREAM_UNREACHABLE))
        .containsExactly("fail r1 upstream_unreachable once");
    assertThat(fixture.answerDone(1, AnswerOutcome.IN_DOUBT))
        .containsExactly("fail r1 upstream_agent_lost");
  }

  @ParameterizedTest
  @EnumSource(
      value = AnswerOutcome.class,
      names = {"CONFIRMED", "NOT_RECEIVED"})
  void notRunOfAPostWithAKnownOutcomeEndsTheRequest(AnswerOutcome outcome) {
    settledWhileDraining(1);

    assertThat(fixture.answerDone(1, outcome)).containsExactly("done d1");
    assertThat(fixture.runner.isIdle()).isTrue();
  }

  @Test
  void errorOfAGetIsPublishedUntilConfirmed() {
    fixture.get(1);

    assertThat(fixture.callFailed(1, Failure.UPSTREAM_UNREACHABLE))
        .containsExactly("fail r1 upstream_unreachable");
  }

  @Test
  void finalErrorOfAPostIsPublishedUntilConfirmed() {
    fixture.settledPost(1);

    assertThat(fixture.callFailed(1, Failure.UPSTREAM_PROTOCOL_ERROR))
        .containsExactly("fail r1 upstream_protocol_error");
  }

  @Test
  void agentLostIsNotPublishedWithNoTimeLeft() {
    settledWhileDraining(1);

    assertThat(fixture.at(RunnerFixture.TTL).answerDone(1, AnswerOutcome.IN_DOUBT))
        .containsExactly("done d1");
  }

  /** Returns the effects of a settling after the drain has begun. */
  private List<String> settledWhileDraining(int number) {
    RunnerFixture.TestReceipt delivery = fixture.delivery();
    fixture.receive(delivery, RunnerFixture.request(number, "POST"));
    fixture.drain();
    return fixture.settled(delivery);
  }
}
