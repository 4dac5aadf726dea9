package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.SELF;
import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.ProcessId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests whose consuming channel is lost, and redelivered requests. */
final class RunnerChannelTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void settlingRequestIsForgottenWhenItsChannelIsLost() {
    fixture.post(1);

    assertThat(fixture.consumingLost()).isEmpty();
    assertThat(fixture.runner.isIdle()).isTrue();
    assertThat(fixture.journal).endsWith("forgotten r1");
  }

  @Test
  void forgottenRequestIsRunWhenItIsRedelivered() {
    fixture.post(1);
    fixture.consumingLost();

    assertThat(fixture.settledPost(1)).containsExactly("ack r1", "call r1 POST /base/1");
  }

  @Test
  void forgottenRequestIsNotStarted() {
    RunnerFixture.TestReceipt delivery = fixture.delivery();
    fixture.receive(delivery, request(1, "POST"));
    fixture.consumingLost();

    assertThat(fixture.settled(delivery)).isEmpty();
  }

  @Test
  void runningRequestContinuesWhenItsChannelIsLost() {
    fixture.get(1);
    fixture.consumingLost();

    assertThat(fixture.response(1)).containsExactly("respond r1 200");
  }

  @Test
  void redeliveryReplacesTheLostDelivery() {
    fixture.get(1);
    fixture.consumingLost();

    assertThat(fixture.get(1)).isEmpty();
    fixture.response(1);
    assertThat(fixture.confirmAll()).containsExactly("done d2");
  }

  @Test
  void redeliveryReplacesTheLostDeliveryEvenWhileDraining() {
    fixture.get(1);
    fixture.consumingLost();
    fixture.drain();

    assertThat(fixture.get(1)).isEmpty();
  }

  @Test
  void redeliveryNeedsNoSlot() {
    fixture.get(1);
    fixture.get(2);
    fixture.consumingLost();

    assertThat(fixture.get(1)).isEmpty();
  }

  @Test
  void redeliveryIsDoneOnceTheUnconfirmedAnswerIsConfirmed() {
    fixture.get(1);
    fixture.response(1);
    fixture.consumingLost();

    assertThat(fixture.get(1)).isEmpty();
    assertThat(fixture.confirmAll()).containsExactly("done d2");
  }

  @Test
  void redeliveryAfterTheConfirmedAnswerIsRunAgain() {
    fixture.get(1);
    fixture.response(1);
    fixture.confirmAll();
    fixture.consumingLost();

    assertThat(fixture.get(1)).containsExactly("ack r1", "call r1 GET /base/1");
  }

  /** The late result belongs to an earlier run of the request. */
  @Test
  void resultOfAnEarlierRunIsDropped() {
    fixture.get(1);
    TakenRequest earlier = fixture.taken(1);
    fixture.tick(RunnerFixture.TTL - 250);
    fixture.aborted(1, CallProgress.SENT);
    fixture.confirmAll();
    fixture.get(1);

    assertThat(fixture.runner.onResponse(earlier, RunnerFixture.ok(), fixture.now())).isEmpty();
    assertThat(fixture.response(1)).containsExactly("respond r1 200");
  }

  // A new inbox

  @Test
  void laterRequestsAreTakenUnderTheNewId() {
    ProcessId next = SELF.renewed();
    fixture.get(1);
    fixture.consumingLost();
    fixture.runner.onInboxReplaced(next);

    fixture.get(2);

    assertThat(fixture.taken(1).ack().upstreamId()).isEqualTo(SELF);
    assertThat(fixture.taken(2).ack().upstreamId()).isEqualTo(next);
    assertThat(fixture.runner.targetOf("orders." + next)).contains(fixture.orders);
    assertThat(fixture.runner.targetOf("orders." + SELF)).isEmpty();
  }

  @Test
  void formerIdIsDrainingUntilItsRequestsAreAnsweredAndThenGone() {
    fixture.consuming();
    fixture.get(1);
    assertThat(fixture.consumingLost()).containsExactly("heartbeat draining");
    fixture.runner.onInboxReplaced(SELF.renewed());
    assertThat(fixture.consuming()).as("of the new id").containsExactly("heartbeat ready");

    assertThat(fixture.heartbeatTick()).containsExactly("heartbeat draining");
    fixture.response(1);
    assertThat(fixture.heartbeatTick()).as("not confirmed").isEmpty();
    fixture.confirmAll();
    assertThat(fixture.heartbeatTick()).containsExactly("heartbeat gone");
    assertThat(fixture.at(1_999).heartbeatTick()).isEmpty();
  }
}
