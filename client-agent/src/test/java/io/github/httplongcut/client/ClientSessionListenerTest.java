package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.PendingRequest.IncomingRequest;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.FakeClientSession.FakeSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClientSessionListenerTest {

  private static final Response RESPONSE = new Response(200, Headers.EMPTY, Body.ABSENT);

  private final List<RequestPublisher.RequestPublication> publications = new ArrayList<>();
  private final List<Response> answers = new ArrayList<>();
  private final List<EventError> errors = new ArrayList<>();
  private final FakeSource channel = new FakeSource();

  private final PendingRequests pending =
      new PendingRequests(
          TestAgent.CLIENT,
          Duration.ofSeconds(3),
          new RequestPublisher() {
            @Override
            public Runnable publish(RequestPublication publication) {
              publications.add(publication);
              return () -> {};
            }

            @Override
            public void cancel(ClientCancel cancel, ProcessId brokerId) {}
          },
          UUID::randomUUID);

  private final ClientSessionListener listener =
      new ClientSessionListener(
          TestAgent.CLIENT,
          pending,
          () -> 0,
          new RequestMetrics(new SimpleMeterRegistry(), AdmissionTest.admission(1, 1)));

  @Test
  void anAnswerIsHandledAndAcked() {
    add("POST");

    deliver(Origin.SENT, "broker", TestAgent.responseTo(publications.get(0).event(), RESPONSE));

    assertThat(answers).containsExactly(RESPONSE);
    assertThat(channel.calls()).containsExactly("ack");
  }

  @ParameterizedTest
  @EnumSource(
      value = Origin.class,
      names = {"EXPIRED", "DEAD_LETTERED"})
  void aNonRepeatableDeadLetterIsSettledBeforeItIsPublishedAgain(Origin origin) {
    add("POST");

    deliver(origin, "acme", publications.get(0).event());
    assertThat(publications).hasSize(1);
    assertThat(channel.calls()).containsExactly("settle");
    channel.completeFence();

    assertThat(publications).hasSize(2);
    assertThat(channel.calls()).containsExactly("settle");
  }

  @ParameterizedTest
  @EnumSource(
      value = Origin.class,
      names = {"IN_DOUBT", "REJECTED"})
  void aRequestInDoubtIsPublishedAgainOnlyIfItIsRepeatable(Origin origin) {
    add("POST");
    add("GET");

    deliver(origin, "acme", publications.get(0).event());
    channel.completeFence();
    assertThat(publications).hasSize(2);

    deliver(origin, "acme", publications.get(1).event());
    assertThat(publications).hasSize(3);
  }

  @Test
  void requestsArePublishedAgainOnlyWhenTheNewInboxIsConsumed() {
    add("GET");

    listener.onInboxReplaced(TestAgent.CLIENT.renewed());
    assertThat(publications).hasSize(1);
    listener.onConsuming();
    assertThat(publications).hasSize(2);

    listener.onConsuming();
    assertThat(publications).hasSize(2);
  }

  @Test
  void aNotRunErrorOfANonRepeatableRequestIsSettledBeforeItIsPublishedAgain() {
    add("POST");

    deliver(Origin.SENT, "broker", error(0, Failure.NOT_RUN));
    assertThat(publications).hasSize(1);
    channel.completeFence();

    assertThat(publications).hasSize(2);
  }

  @Test
  void aBatchIsSettledOnceForAllItsEvents() {
    add("POST");
    add("PUT");

    deliver(Origin.EXPIRED, "acme", publications.get(0).event(), publications.get(1).event());
    assertThat(channel.calls()).containsExactly("settle");
    channel.completeFence();

    assertThat(publications).hasSize(4);
  }

  @Test
  void aDeadLetterOfARepeatableRequestIsAckedWithoutSettling() {
    add("GET");

    deliver(Origin.EXPIRED, "acme", publications.get(0).event());

    assertThat(publications).hasSize(2);
    assertThat(channel.calls()).containsExactly("ack");
  }

  @Test
  void aDeadLetterThatAnotherUserSentIsDiscarded() {
    add("GET");

    deliver(Origin.EXPIRED, "mallory", publications.get(0).event());

    assertThat(publications).hasSize(1);
    assertThat(channel.calls()).containsExactly("discard WRONG_SENDER");
  }

  @Test
  void aRequestThatIsNotADeadLetterIsDiscarded() {
    add("GET");

    deliver(Origin.SENT, "acme", publications.get(0).event());

    assertThat(publications).hasSize(1);
    assertThat(channel.calls()).containsExactly("discard WRONG_SENDER");
  }

  @Test
  void anEventOfAnotherRoleIsDiscarded() {
    deliver(
        Origin.SENT,
        "broker",
        new ClientCancel(TestAgent.CLIENT, UUID.randomUUID(), UUID.randomUUID()));

    assertThat(channel.calls()).containsExactly("discard WRONG_RECEIVER");
  }

  @Test
  void theOrphanedFlagIsPassedToThePendingRequests() {
    add("GET");

    listener.onDelivery(
        channel.delivery(
            new Envelope(Origin.SENT, "key", "broker", true), error(0, Failure.UPSTREAM_TIMEOUT)));

    assertThat(errors).isEmpty();
    assertThat(channel.calls()).containsExactly("ack");
  }

  private void add(String method) {
    Request request = new Request("orders", method, "/", Headers.EMPTY, Body.ABSENT);
    Caller caller =
        new Caller() {
          @Override
          public void acked(long delayNanos) {}

          @Override
          public void answer(Response response) {
            answers.add(response);
          }

          @Override
          public void onUpstreamBusy() {}

          @Override
          public void fail(EventError error) {
            errors.add(error);
          }
        };
    pending.add(
        new IncomingRequest(UUID.randomUUID(), request, caller, Duration.ofSeconds(30).toNanos()),
        0);
  }

  private BrokerError error(int publication, Failure failure) {
    return new BrokerError(
        publications.get(publication).event().clientReqId(),
        UUID.randomUUID(),
        new EventError(failure, "why", Hop.BROKER));
  }

  private void deliver(Origin origin, String user, Event... events) {
    listener.onDelivery(channel.delivery(new Envelope(origin, "key", user, false), events));
  }
}
