package io.github.httplongcut.upstream.core;

import static io.github.httplongcut.upstream.core.RunnerFixture.BROKER;
import static io.github.httplongcut.upstream.core.RunnerFixture.CLIENT;
import static io.github.httplongcut.upstream.core.RunnerFixture.SELF;
import static io.github.httplongcut.upstream.core.RunnerFixture.id;
import static io.github.httplongcut.upstream.core.RunnerFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.upstream.core.RunnerFixture.TestReceipt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of a request: taken, settled, started, answered, and done in its delivery. */
final class RunnerLifeTest {

  private final RunnerFixture fixture = new RunnerFixture();

  @AfterEach
  void everythingEnds() {
    fixture.assertEverythingEnds();
  }

  @Test
  void repeatableRequestIsAckedAndRunAtOnce() {
    assertThat(fixture.get(1)).containsExactly("ack r1", "call r1 GET /base/1");

    TakenRequest taken = fixture.taken(1);
    assertThat(taken.ack()).isEqualTo(new BrokerRequestAck(id(1), id(101), SELF));
    assertThat(taken.brokerId()).isEqualTo(BROKER);
    assertThat(fixture.expirations).containsExactly(2_000L);
  }

  @Test
  void requestThatIsNotRepeatableRunsOnceItIsSettled() {
    TestReceipt delivery = fixture.delivery();
    assertThat(fixture.receive(delivery, request(1, "POST"))).containsExactly("settle d1");

    assertThat(fixture.settled(delivery)).containsExactly("ack r1", "call r1 POST /base/1");
  }

  @Test
  void batchWithARequestThatIsNotRepeatableIsSettledFirst() {
    TestReceipt delivery = fixture.delivery();
    assertThat(fixture.receive(delivery, request(1, "GET"), request(2, "POST")))
        .containsExactly("settle d1");

    assertThat(fixture.settled(delivery))
        .containsExactly("ack r1", "call r1 GET /base/1", "ack r2", "call r2 POST /base/2");
  }

  @Test
  void responseExpiresWithTheTimeLeft() {
    fixture.get(1);

    assertThat(fixture.at(1_000).response(1)).containsExactly("respond r1 200");

    assertThat(fixture.lastResponse())
        .isEqualTo(new UpstreamResponse(CLIENT, id(1_001), id(1), id(101), RunnerFixture.ok()));
    assertThat(fixture.expirations).endsWith(4_000L);
    assertThat(fixture.taken(1).endsAt()).isEqualTo(RunnerFixture.at0(5_000));
  }

  @Test
  void deliveryOfARepeatableRequestIsDoneOnceItsAnswerIsConfirmed() {
    fixture.get(1);
    assertThat(fixture.response(1)).containsExactly("respond r1 200");

    assertThat(fixture.answerDone(1, AnswerOutcome.CONFIRMED)).containsExactly("done d1");
  }

  @Test
  void deliveryIsDoneWhenTheAnswerIsGivenUp() {
    fixture.get(1);
    fixture.response(1);

    assertThat(fixture.answerDone(1, AnswerOutcome.NOT_RECEIVED)).containsExactly("done d1");
    assertThat(fixture.runner.isIdle()).isTrue();
  }

  @Test
  void eachRequestOfABatchIsDoneOnceItsAnswerIsConfirmed() {
    fixture.receive(fixture.delivery(), request(1, "GET"), request(2, "GET"));

    fixture.response(2);
    assertThat(fixture.answerDone(2, AnswerOutcome.CONFIRMED)).containsExactly("done d1");
    fixture.response(1);
    assertThat(fixture.answerDone(1, AnswerOutcome.CONFIRMED)).containsExactly("done d1");
  }

  @Test
  void failedCallIsAnsweredWithAnUpstreamError() {
    fixture.get(1);

    assertThat(fixture.callFailed(1, Failure.UPSTREAM_UNREACHABLE))
        .containsExactly("fail r1 upstream_unreachable");
    assertThat(fixture.lastError().error().message()).isEqualTo("why");
    assertThat(fixture.lastError().error().hop()).isEqualTo(Hop.UPSTREAM_AGENT);
  }

  @Test
  void actionsAreRecordedInTheJournal() {
    fixture.get(1);
    fixture.response(1);
    fixture.settledPost(2);
    fixture.callFailed(2, Failure.UPSTREAM_PROTOCOL_ERROR);

    assertThat(fixture.journal)
        .containsExactly(
            "taken r1",
            "started r1 4750",
            "responded r1 200",
            "taken r2",
            "started r2 4750",
            "failed r2 upstream_protocol_error");
  }
}
