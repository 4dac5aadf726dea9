package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests of an agent that is told to stop. */
final class RunnerDrainTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void messageIsRejectedWhileDraining() {
    fixture.drain();

    assertThat(fixture.get(1)).containsExactly("reject d1");
    assertThat(fixture.runner.isDrained()).isTrue();
  }

  @Test
  void runningRequestIsFinishedWhileDraining() {
    fixture.get(1);
    fixture.drain();
    assertThat(fixture.runner.isDrained()).isFalse();

    assertThat(fixture.response(1)).containsExactly("respond r1 200");
    assertThat(fixture.runner.isDrained()).as("its answer is not confirmed").isFalse();
    fixture.confirmAll();
    assertThat(fixture.runner.isDrained()).isTrue();
  }

  @Test
  void requestThatIsSettlingWhenADrainBeginsIsNotRun() {
    TestReceipt delivery = fixture.delivery();
    fixture.receive(delivery, request(1, "POST"));
    fixture.drain();

    assertThat(fixture.settled(delivery)).containsExactly("fail r1 not_run once");
  }

  @Test
  void cutOffRequestIsAnsweredWithAgentLost() {
    fixture.get(1);

    assertThat(fixture.cutOff()).containsExactly("abort r1");
    assertThat(fixture.aborted(1, CallProgress.SENT))
        .containsExactly("fail r1 upstream_agent_lost");
  }

  @Test
  void requestCutOffBeforeItWasSentIsAnsweredWithNotRun() {
    fixture.get(1);
    fixture.cutOff();

    assertThat(fixture.aborted(1, CallProgress.NOT_SENT)).containsExactly("fail r1 not_run");
  }

  @Test
  void postCutOffBeforeItWasSentIsAnsweredOnce() {
    fixture.settledPost(1);
    fixture.cutOff();

    assertThat(fixture.aborted(1, CallProgress.NOT_SENT)).containsExactly("fail r1 not_run once");
  }

  @Test
  void heartbeatsSayDrainingAndGone() {
    fixture.consuming();

    assertThat(fixture.drain()).containsExactly("heartbeat draining");
    assertThat(fixture.describe(fixture.runner.markGone(fixture.now())))
        .containsExactly("heartbeat gone");
  }
}
