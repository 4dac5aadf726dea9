package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.core.AckTimes;
import io.github.httplongcut.client.core.PendingRequests;
import io.github.httplongcut.client.core.Submission;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.FakeChannel;
import io.github.httplongcut.session.FakeSession;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Deliveries, outcomes and effects between a session and the pending requests. */
class ClientLoopTest {

  private static final Response RESPONSE = new Response(200, Headers.EMPTY, Body.ABSENT);
  private static final Duration ACK_TIMEOUT = Duration.ofSeconds(3);

  private final FakeSession session = new FakeSession();
  private final FakeChannel channel = session.channel();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private final ClientLoop loop =
      new ClientLoop(
          new PendingRequests(
              TestAgent.CLIENT,
              ACK_TIMEOUT,
              UUID::randomUUID,
              new PendingLog(new PublicationMetrics(registry))),
          session,
          new ClientEnvelopeCheck(TestAgent.CLIENT),
          new ClientMessages(ACK_TIMEOUT),
          () -> 0);

  /** Caller that records its calls, and throws in the calls that a test wants to fail. */
  private static final class RecordingCaller implements WaitingCaller {
    final List<String> calls = new ArrayList<>();
    final List<UUID> ids = new ArrayList<>();
    String bugIn = "";

    @Override
    public void publishedAs(UUID clientReqId) {
      ids.add(clientReqId);
    }

    @Override
    public void acked(AckTimes times, Optional<ProcessId> brokerId) {
      record(brokerId.isPresent() ? "acked by " + brokerId.get() : "acked");
    }

    @Override
    public void answer(Response response) {
      record("answer " + response.statusCode());
    }

    @Override
    public void onUpstreamBusy() {
      record("busy");
    }

    @Override
    public void fail(EventError error) {
      record("fail " + error.failure().code());
    }

    private void record(String call) {
      if (!bugIn.isEmpty() && call.startsWith(bugIn)) {
        throw new IllegalStateException("a bug, for this test");
      }
      calls.add(call);
    }
  }

  // Publications.

  @ParameterizedTest
  @CsvSource({
    "RETURNED, POST, published again",
    "NACKED, POST, fail overloaded",
    "INBOX_BUSY, POST, fail overloaded",
    "BLOCKED, POST, fail overloaded",
    "REFUSED, POST, fail target_forbidden",
    "NO_CONNECTION, POST, fail broker_unavailable",
    "UNKNOWN, POST, waits",
    "UNKNOWN, GET, published again",
    "CONFIRMED, GET, waits"
  })
  void outcomeIsPassedToThePendingRequests(Outcome outcome, String method, String reaction) {
    RecordingCaller caller = add(method);

    session.complete(session.published().get(0), outcome);

    if (reaction.startsWith("fail")) {
      assertThat(caller.calls).containsExactly(reaction);
    } else {
      assertThat(caller.calls).isEmpty();
    }
    assertThat(session.published()).hasSize(reaction.equals("published again") ? 2 : 1);
  }

  @Test
  void hungUpRequestIsCancelledAtTheBrokerThatAckedIt() {
    UUID id = submit("GET", new RecordingCaller());
    deliver(Origin.SENT, "broker", TestAgent.ackOf(request(0)));

    loop.onHungUp(id);

    Publication cancel = session.published().get(1);
    assertThat(cancel.event()).isInstanceOf(ClientCancel.class);
    assertThat(cancel.routingKey()).isEqualTo(TestAgent.BROKER.toString());
  }

  @Test
  void publicationWithoutAnOutcomeIsWithdrawnWhenItsCallerHangsUp() {
    UUID id = submit("GET", new RecordingCaller());
    session.complete(session.published().get(0), Outcome.UNKNOWN);

    loop.onHungUp(id);

    assertThat(session.withdrawn()).containsExactly(session.published().get(1));
  }

  /** The loop forgets the publication, which holds the encoded request, at its outcome. */
  @Test
  void confirmedPublicationIsNotWithdrawn() {
    UUID id = submit("GET", new RecordingCaller());
    session.complete(session.published().get(0), Outcome.CONFIRMED);

    loop.onHungUp(id);

    assertThat(session.withdrawn()).isEmpty();
  }

  @Test
  void eachPublicationIsCounted() {
    add("GET");
    session.complete(session.published().get(0), Outcome.UNKNOWN);

    assertThat(registry.get("longcut.client.publications").counter().count()).isEqualTo(2);
  }

  /** The last publication of each case is the one that came back, if any came back. */
  @ParameterizedTest
  @CsvSource({
    "outcome RETURNED, POST, returned, returned",
    "outcome UNKNOWN, GET, '', unknown",
    "outcome CONFIRMED, GET, '', ''",
    "origin EXPIRED, GET, dead_letter, dead_letter",
    "origin DEAD_LETTERED, POST, dead_letter, dead_letter",
    "origin IN_DOUBT, GET, in_doubt, in_doubt",
    "origin IN_DOUBT, POST, in_doubt, ''",
    "origin REJECTED, GET, in_doubt, in_doubt",
    "error, GET, not_run, not_run",
    "inbox, GET, '', inbox_replaced",
    "check, GET, '', check"
  })
  void publicationThatCameBackOrWasRepeatedIsCounted(
      String event, String method, String whyFailed, String whyAgain) {
    add(method);

    happen(event);

    assertThat(counted("longcut.client.publications.failed")).isEqualTo(whyFailed);
    assertThat(counted("longcut.client.publications.again")).isEqualTo(whyAgain);
    assertThat(registry.get("longcut.client.publications").counter().count())
        .isEqualTo(whyAgain.isEmpty() ? 1 : 2);
  }

  private void happen(String event) {
    String[] words = event.split(" ", -1);
    switch (words[0]) {
      case "outcome" -> session.complete(session.published().get(0), Outcome.valueOf(words[1]));
      case "origin" -> deliver(Origin.valueOf(words[1]), "acme", request(0));
      case "error" -> deliver(Origin.SENT, "broker", error(0, Failure.NOT_RUN));
      case "inbox" -> {
        loop.onInboxReplaced(TestAgent.CLIENT.renewed());
        loop.onConsuming();
      }
      default -> {
        session.complete(session.published().get(0), Outcome.CONFIRMED);
        loop.onTick(2 * ACK_TIMEOUT.toNanos());
      }
    }
    if (channel.calls().contains("settle")) {
      channel.answerFence();
    }
  }

  /** Returns the reason of the only counter of this name that has counted, or an empty string. */
  private String counted(String name) {
    return registry.get(name).counters().stream()
        .filter(counter -> counter.count() > 0)
        .map(counter -> counter.getId().getTag("why") + (counter.count() == 1 ? "" : " twice"))
        .collect(Collectors.joining(","));
  }

  @Test
  void countersExistBeforeTheFirstRequest() {
    assertThat(registry.get("longcut.client.publications.failed").counters())
        .extracting(counter -> counter.getId().getTag("why"))
        .containsExactlyInAnyOrder("returned", "dead_letter", "not_run", "in_doubt");
    assertThat(registry.get("longcut.client.publications.again").counters()).hasSize(7);
  }

  @Test
  void callerLearnsTheIdOfEachPublication() {
    RecordingCaller caller = new RecordingCaller();
    UUID first = submit("GET", caller);
    session.complete(session.published().get(0), Outcome.UNKNOWN);

    assertThat(caller.ids).containsExactly(first, request(1).clientReqId());
  }

  // Deliveries.

  @Test
  void ackAndAnswerArePassedToTheCallerAndAcked() {
    RecordingCaller caller = add("POST");

    deliver(Origin.SENT, "broker", TestAgent.ackOf(request(0)));
    deliver(Origin.SENT, "broker", TestAgent.responseTo(request(0), RESPONSE));

    assertThat(caller.calls).containsExactly("acked by " + TestAgent.BROKER, "answer 200");
    assertThat(channel.calls()).containsExactly("ack", "ack");
    assertThat(loop.isIdle()).isTrue();
  }

  @Test
  void upstreamBusyIsPassedToTheCaller() {
    RecordingCaller caller = add("POST");

    deliver(Origin.SENT, "broker", error(0, Failure.UPSTREAM_BUSY));

    assertThat(caller.calls).containsExactly("busy", "fail upstream_busy");
  }

  @Test
  void eventThatNoRequestWaitsForIsCountedAndAcked() {
    add("POST");
    deliver(Origin.SENT, "broker", TestAgent.responseTo(request(0), RESPONSE));

    deliver(Origin.SENT, "broker", TestAgent.responseTo(request(0), RESPONSE));

    assertThat(registry.get("longcut.client.events.dropped").counter().count()).isEqualTo(1);
    assertThat(channel.calls()).containsExactly("ack", "ack");
  }

  @ParameterizedTest
  @EnumSource(
      value = Origin.class,
      names = {"EXPIRED", "DEAD_LETTERED"})
  void nonRepeatableDeadLetterIsSettledBeforeItIsPublishedAgain(Origin origin) {
    add("POST");

    deliver(origin, "acme", request(0));
    assertThat(session.published()).hasSize(1);
    assertThat(channel.calls()).containsExactly("settle");
    channel.answerFence();

    assertThat(session.published()).hasSize(2);
    assertThat(channel.calls()).containsExactly("settle");
  }

  @ParameterizedTest
  @EnumSource(
      value = Origin.class,
      names = {"IN_DOUBT", "REJECTED"})
  void requestInDoubtIsPublishedAgainOnlyIfItIsRepeatable(Origin origin) {
    add("POST");
    add("GET");

    deliver(origin, "acme", request(0));
    channel.answerFence();
    assertThat(session.published()).hasSize(2);

    deliver(origin, "acme", request(1));
    assertThat(session.published()).hasSize(3);
  }

  @Test
  void requestsArePublishedAgainOnlyWhenTheNewInboxIsConsumed() {
    add("GET");

    loop.onInboxReplaced(TestAgent.CLIENT.renewed());
    assertThat(session.published()).hasSize(1);
    loop.onConsuming();
    assertThat(session.published()).hasSize(2);
    assertThat(session.withdrawn())
        .as("may not be written yet")
        .containsExactly(session.published().get(0));

    loop.onConsuming();
    assertThat(session.published()).hasSize(2);
  }

  @Test
  void notRunErrorOfANonRepeatableRequestIsSettledBeforeItIsPublishedAgain() {
    add("POST");

    deliver(Origin.SENT, "broker", error(0, Failure.NOT_RUN));
    assertThat(session.published()).hasSize(1);
    channel.answerFence();

    assertThat(session.published()).hasSize(2);
  }

  @Test
  void batchIsSettledOnceForAllItsEvents() {
    add("POST");
    add("PUT");

    deliver(Origin.EXPIRED, "acme", request(0), request(1));
    assertThat(channel.calls()).containsExactly("settle");
    channel.answerFence();

    assertThat(session.published()).hasSize(4);
  }

  @Test
  void deadLetterOfARepeatableRequestIsAckedWithoutSettling() {
    add("GET");

    deliver(Origin.EXPIRED, "acme", request(0));

    assertThat(session.published()).hasSize(2);
    assertThat(channel.calls()).containsExactly("ack");
  }

  @Test
  void deadLetterThatAnotherUserSentIsDiscarded() {
    add("GET");

    deliver(Origin.EXPIRED, "mallory", request(0));

    assertThat(session.published()).hasSize(1);
    assertThat(channel.calls()).containsExactly("discard WRONG_SENDER");
  }

  @Test
  void orphanedFlagIsPassedToThePendingRequests() {
    RecordingCaller caller = add("GET");

    loop.onDelivery(
        channel.deliver(
            new Envelope(Origin.SENT, "key", "broker", true), error(0, Failure.UPSTREAM_TIMEOUT)));

    assertThat(caller.calls).isEmpty();
    assertThat(channel.calls()).containsExactly("ack");
  }

  // Ticks, and the stop.

  @Test
  void tickChecksDeadlines() {
    RecordingCaller caller = add("POST");

    loop.onTick(Duration.ofSeconds(30).toNanos());

    assertThat(caller.calls).containsExactly("fail request_timeout");
  }

  @Test
  void excusedTimeDelaysChecks() {
    RecordingCaller caller = add("POST");
    session.complete(session.published().get(0), Outcome.CONFIRMED);
    loop.excuse(1);

    loop.onTick(2 * ACK_TIMEOUT.toNanos());
    assertThat(caller.calls).isEmpty();
    loop.onTick(2 * ACK_TIMEOUT.toNanos() + 1);

    assertThat(caller.calls).containsExactly("fail broker_ack_timeout");
  }

  @Test
  void stopFailsEveryRequestThatStillWaits() {
    RecordingCaller first = add("GET");
    RecordingCaller second = add("POST");

    loop.abandonAll();

    assertThat(first.calls).containsExactly("fail request_timeout");
    assertThat(second.calls).containsExactly("fail request_timeout");
    assertThat(loop.isIdle()).isTrue();
  }

  // Bugs in effects.

  @Test
  void requestWhosePublicationThrowsFails() {
    session.onPublish(
        publication -> {
          throw new IllegalStateException("a bug, for this test");
        });

    RecordingCaller caller = add("GET");

    assertThat(caller.calls).containsExactly("fail internal_error");
    assertThat(loop.isIdle()).isTrue();
  }

  @Test
  void callerWhoseAnswerThrowsGetsAnError() {
    RecordingCaller caller = add("GET");
    caller.bugIn = "answer";

    deliver(Origin.SENT, "broker", TestAgent.responseTo(request(0), RESPONSE));

    assertThat(caller.calls).containsExactly("acked", "fail internal_error");
    assertThat(channel.calls()).containsExactly("ack");
  }

  @Test
  void bugInOneEffectDoesNotPreventTheOthers() {
    RecordingCaller first = add("GET");
    RecordingCaller second = add("POST");
    first.bugIn = "fail";

    loop.onTick(Duration.ofSeconds(30).toNanos());

    assertThat(second.calls).containsExactly("fail request_timeout");
    assertThat(loop.isIdle()).isTrue();
  }

  @Test
  void bugInAReportDoesNotPreventTheAnswer() {
    RecordingCaller caller = add("GET");
    caller.bugIn = "acked";

    deliver(Origin.SENT, "broker", TestAgent.responseTo(request(0), RESPONSE));

    assertThat(caller.calls).containsExactly("answer 200");
  }

  // Helpers.

  private RecordingCaller add(String method) {
    RecordingCaller caller = new RecordingCaller();
    submit(method, caller);
    return caller;
  }

  private UUID submit(String method, RecordingCaller caller) {
    UUID id = UUID.randomUUID();
    Request request = new Request("orders", method, "/", Headers.EMPTY, Body.ABSENT);
    loop.submit(new Submission(id, request, caller, Duration.ofSeconds(30).toNanos()));
    return id;
  }

  /** Returns the request of the publication with this index. */
  private ClientRequest request(int publication) {
    return (ClientRequest) session.published().get(publication).event();
  }

  private BrokerError error(int publication, Failure failure) {
    return new BrokerError(
        request(publication).clientReqId(),
        UUID.randomUUID(),
        new EventError(failure, "why", Hop.BROKER));
  }

  private void deliver(Origin origin, String user, Event... events) {
    loop.onDelivery(channel.deliver(new Envelope(origin, "key", user, false), events));
  }
}
