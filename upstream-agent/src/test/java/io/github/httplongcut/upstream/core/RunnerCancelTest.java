package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.BROKER;
import static io.github.httplongcut.upstream.core.RunnerFixture.id;
import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Cancels before, during and after the run of their request. */
final class RunnerCancelTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void cancelAbortsTheCallAndPublishesNoAnswer() {
    fixture.get(1);

    assertThat(fixture.cancel(1)).containsExactly("abort r1", "done d1");
    assertThat(fixture.aborted(1, CallProgress.SENT)).isEmpty();
    assertThat(fixture.runner.isIdle()).isTrue();
    assertThat(fixture.journal).endsWith("cancelled r1");
  }

  @Test
  void requestCancelledWhileSettlingIsNotRun() {
    TestReceipt delivery = fixture.delivery();
    fixture.receive(delivery, request(1, "POST"));

    assertThat(fixture.cancel(1)).containsExactly("done d1");
    assertThat(fixture.settled(delivery)).isEmpty();
  }

  @Test
  void cancelAfterTheAnswerHasNoEffect() {
    fixture.get(1);
    fixture.response(1);

    assertThat(fixture.cancel(1)).isEmpty();
    assertThat(fixture.confirmAll()).containsExactly("done d1");
  }

  @Test
  void cancelFromAnotherUserIsIgnored() {
    fixture.get(1);

    assertThat(fixture.cancel(1, "mallory")).isEmpty();
    assertThat(fixture.response(1)).containsExactly("respond r1 200");
  }

  @Test
  void cancelFromAnotherBrokerIsIgnored() {
    ProcessId other = new ProcessId(BROKER.user(), "c-bbbbbb");
    fixture.get(1);

    assertThat(
            fixture.runner.onCancel(
                new BrokerCancel(other, id(1_001), id(1)), other.user(), fixture.now()))
        .isEmpty();
    assertThat(fixture.response(1)).containsExactly("respond r1 200");
  }

  /** The ack was lost with the channel, so RabbitMQ delivers the request again. */
  @Test
  void redeliveryOfACancelledRequestIsDoneAndNotRun() {
    fixture.get(1);
    fixture.consumingLost();
    fixture.cancel(1);

    assertThat(fixture.get(1)).containsExactly("done d2");
    assertThat(fixture.runner.isIdle()).isTrue();
  }

  @Test
  void cancelBeforeItsRequestStopsOnlyThatRequest() {
    TestReceipt delivery = fixture.delivery();
    fixture.cancel(1);

    assertThat(fixture.receive(delivery, request(1, "POST"), request(2, "POST")))
        .containsExactly("done d1", "settle d1");
    assertThat(fixture.settled(delivery)).containsExactly("ack r2", "call r2 POST /base/2");
  }

  @Test
  void cancelFromAnotherUserDoesNotStopALaterRequest() {
    fixture.cancel(1, "mallory");

    assertThat(fixture.get(1)).containsExactly("ack r1", "call r1 GET /base/1");
  }

  @Test
  void cancelIsForgottenAfterItsRetention() {
    fixture.cancel(1);
    fixture.tick(CancelledRequests.RETENTION.toMillis() - 1);
    assertThat(fixture.get(1)).containsExactly("done d1");
    fixture.tick(CancelledRequests.RETENTION.toMillis());

    assertThat(fixture.get(1)).containsExactly("ack r1", "call r1 GET /base/1");
  }

  @Test
  void numberOfRememberedCancelsIsLimited() {
    CancelledRequests cancelled = new CancelledRequests();
    for (int i = 0; i <= CancelledRequests.MAX_ENTRIES; i++) {
      cancelled.add(new BrokerCancel(BROKER, UUID.randomUUID(), UUID.randomUUID()), fixture.now());
    }

    assertThat(cancelled.size()).isEqualTo(CancelledRequests.MAX_ENTRIES);
  }
}
