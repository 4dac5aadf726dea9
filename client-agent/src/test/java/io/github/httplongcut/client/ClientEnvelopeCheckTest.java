package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.session.Delivery.Envelope;
import io.github.httplongcut.session.Delivery.Origin;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.FakeChannel;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClientEnvelopeCheckTest {

  private static final ClientRequest REQUEST =
      new ClientRequest(
          TestAgent.CLIENT,
          new UUID(0, 1),
          1_000,
          new Request("orders", "GET", "/", Headers.EMPTY, Body.ABSENT));

  private final ClientEnvelopeCheck check = new ClientEnvelopeCheck(TestAgent.CLIENT);

  @ParameterizedTest
  @EnumSource(value = Origin.class, mode = EnumSource.Mode.EXCLUDE, names = "SENT")
  void ownRequestThatCameBackIsCredible(Origin origin) {
    assertThat(reason(origin, "acme", REQUEST)).isEmpty();
  }

  @Test
  void deadLetterThatAnotherUserSentIsNotCredible() {
    assertThat(reason(Origin.EXPIRED, "mallory", REQUEST)).contains(DiscardReason.WRONG_SENDER);
  }

  @Test
  void requestThatIsNotADeadLetterIsNotCredible() {
    assertThat(reason(Origin.SENT, "acme", REQUEST)).contains(DiscardReason.WRONG_SENDER);
  }

  @Test
  void eventOfABrokerIsCredibleUnlessItCameBack() {
    Event ack = TestAgent.ackOf(REQUEST);

    assertThat(reason(Origin.SENT, "broker", ack)).isEmpty();
    assertThat(reason(Origin.EXPIRED, "broker", ack)).contains(DiscardReason.WRONG_SENDER);
  }

  @Test
  void eventOfAnotherRoleHasTheWrongReceiver() {
    Event cancel = new ClientCancel(TestAgent.CLIENT, new UUID(0, 1), new UUID(0, 2));

    assertThat(reason(Origin.SENT, "broker", cancel)).contains(DiscardReason.WRONG_RECEIVER);
  }

  private Optional<DiscardReason> reason(Origin origin, String user, Event event) {
    Envelope envelope = new Envelope(origin, "key", user, false);
    return check.reasonToDiscard(new FakeChannel().deliver(envelope, event));
  }
}
