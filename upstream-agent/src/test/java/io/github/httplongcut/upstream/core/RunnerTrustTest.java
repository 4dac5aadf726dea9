package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.TARGET;
import static io.github.httplongcut.upstream.core.RunnerFixture.TTL;
import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that no honest broker sends, and requests that no honest client agent sends. */
final class RunnerTrustTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void messageForAnotherTargetThanThatOfItsKeyIsDiscarded() {
    Request other = new Request("billing", "GET", "/", Headers.EMPTY, Body.ABSENT);

    assertThat(fixture.receive(fixture.delivery(), request(1, TTL, other)))
        .containsExactly("discard d1");
    assertThat(fixture.runner.isIdle()).isTrue();
  }

  @Test
  void messageFromAnotherUserThanThatOfItsBrokerIsDiscarded() {
    assertThat(fixture.receive("mallory", fixture.delivery(), request(1, "GET")))
        .containsExactly("discard d1");
    assertThat(fixture.runner.isIdle()).isTrue();
  }

  @Test
  void messageWithADuplicateRequestIsDiscarded() {
    assertThat(fixture.receive(fixture.delivery(), request(1, "GET"), request(1, "GET")))
        .containsExactly("discard d1");
    assertThat(fixture.runner.isIdle()).isTrue();
  }

  @Test
  void settledRequestIsNotRunAgain() {
    fixture.settledPost(1);

    assertThat(fixture.post(1)).containsExactly("discard d2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void requestOfAnotherRunningRequestsIdIsDiscarded(String method) {
    fixture.settledPost(1);
    fixture.get(2);

    assertThat(fixture.receive(fixture.delivery(), request(1, method)))
        .containsExactly("discard d3");
    assertThat(fixture.receive(fixture.delivery(), request(2, "POST")))
        .containsExactly("discard d4");
  }

  @Test
  void refusedRequestIsAnsweredAndNeitherAckedNorRun() {
    assertThat(fixture.receive(fixture.delivery(), get(1, "/a/%2E%2e/b")))
        .containsExactly("fail r1 bad_request");
    assertThat(fixture.lastError().error().hop()).isEqualTo(Hop.UPSTREAM_AGENT);
  }

  @Test
  void refusedRequestThatIsNotRepeatableIsSettledFirst() {
    TestReceipt delivery = fixture.delivery();
    Request connect = new Request(TARGET, "CONNECT", "/", Headers.EMPTY, Body.ABSENT);
    assertThat(fixture.receive(delivery, request(1, TTL, connect))).containsExactly("settle d1");

    assertThat(fixture.settled(delivery)).containsExactly("fail r1 not_implemented");
  }

  @Test
  void refusedRequestStopsNoOtherOfItsBatch() {
    assertThat(fixture.receive(fixture.delivery(), get(1, "/.."), get(2, "/x?y")))
        .containsExactly("fail r1 bad_request", "ack r2", "call r2 GET /base/x?y");
  }

  private static BrokerRequest get(int number, String url) {
    return request(number, TTL, new Request(TARGET, "GET", url, Headers.EMPTY, Body.ABSENT));
  }
}
