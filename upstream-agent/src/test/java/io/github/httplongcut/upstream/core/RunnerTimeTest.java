package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.TTL;
import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Timeouts of calls, and requests without time left. */
final class RunnerTimeTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void callIsAbortedAtItsDeadline() {
    fixture.get(1);

    assertThat(fixture.tick(TTL - 251)).isEmpty();
    assertThat(fixture.tick(TTL - 250)).containsExactly("abort r1");

    assertThat(fixture.aborted(1, CallProgress.SENT)).containsExactly("fail r1 upstream_timeout");
    assertThat(fixture.lastError().error().message())
        .isEqualTo(
            "upstream target 'orders': server.example:80 did not send a complete response in"
                + " time");
    assertThat(fixture.expirations).endsWith(250L);
  }

  @Test
  void callWithoutAConnectionInTimeIsUnreachable() {
    fixture.get(1);
    fixture.tick(TTL - 250);

    assertThat(fixture.aborted(1, CallProgress.NOT_SENT))
        .containsExactly("fail r1 upstream_unreachable");
    assertThat(fixture.lastError().error().message())
        .isEqualTo("upstream target 'orders': could not connect to server.example:80 in time");
  }

  @Test
  void shorterTimeoutOfTheTargetApplies() {
    fixture.receive(fixture.delivery(), request(1, 60_000));

    assertThat(fixture.tick(9_999)).isEmpty();
    assertThat(fixture.tick(10_000)).containsExactly("abort r1");
    fixture.aborted(1, CallProgress.SENT);
  }

  @Test
  void callIsAbortedOnce() {
    fixture.get(1);
    fixture.tick(TTL - 250);

    assertThat(fixture.tick(TTL - 249)).isEmpty();
    fixture.aborted(1, CallProgress.SENT);
    assertThat(fixture.tick(TTL - 248)).isEmpty();
  }

  @Test
  void resultOfAnAbortedCallIsDropped() {
    fixture.get(1);
    fixture.tick(TTL - 250);
    assertThat(fixture.response(1)).as("while the call is being aborted").isEmpty();
    fixture.aborted(1, CallProgress.SENT);

    assertThat(fixture.response(1)).as("after its abort").isEmpty();
  }

  @Test
  void requestWithoutTimeLeftIsNotRun() {
    assertThat(fixture.receive(fixture.delivery(), request(1, 250)))
        .containsExactly("fail r1 not_run");
  }

  @Test
  void requestWithLittleTimeLeftIsRun() {
    assertThat(fixture.receive(fixture.delivery(), request(1, 251)))
        .containsExactly("ack r1", "call r1 GET /base/1");
    assertThat(fixture.expirations).containsExactly(251L);
  }

  @Test
  void requestThatSettlesTooLateIsNotRun() {
    TestReceipt delivery = fixture.delivery();
    fixture.receive(delivery, request(1, "POST"));

    assertThat(fixture.at(TTL - 100).settled(delivery)).containsExactly("fail r1 not_run once");
  }

  @Test
  void nothingIsPublishedWithNoTimeLeft() {
    fixture.get(1);

    assertThat(fixture.at(TTL).response(1)).containsExactly("done d1");
    assertThat(fixture.journal).endsWith("responded r1 200", "too late r1");
  }
}
