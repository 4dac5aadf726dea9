package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.core.Caller;
import io.github.httplongcut.client.core.PendingEffect;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientMessagesTest {

  private static final UUID ID = new UUID(0, 1);

  private final ClientMessages messages = new ClientMessages(Duration.ofSeconds(3));

  @Test
  void requestIsPublishedOnceToTheBrokersOfItsTarget() {
    Publication publication = messages.publish(publish("GET", 2_000, 7));

    assertThat(publication.routingKey()).isEqualTo("orders.acme.edge-aaaaaa");
    assertThat(publication.tries()).isEqualTo(Tries.ONCE);
    assertThat(publication.expiration()).contains(2_000L);
    assertThat(publication.isOverdue(6)).isFalse();
    assertThat(publication.isOverdue(7)).isTrue();
  }

  /** Requests in one message have the same expiration. */
  @ParameterizedTest
  @CsvSource({
    "GET, 3000, REPEATABLE",
    "POST, 3000, NOT_REPEATABLE",
    "GET, 2999, ALONE",
    "POST, 1000, ALONE"
  })
  void requestIsBatchedOnlyWithOthersLikeIt(String method, long expiration, Batching batching) {
    assertThat(messages.publish(publish(method, expiration, 7)).batching()).isEqualTo(batching);
  }

  @Test
  void cancelIsPublishedToTheBrokerForTheAckTimeout() {
    ClientCancel event = new ClientCancel(TestAgent.CLIENT, ID, ID);

    Publication cancel = messages.cancel(new PendingEffect.Cancel(event, TestAgent.BROKER), 5);

    assertThat(cancel.event()).isEqualTo(event);
    assertThat(cancel.routingKey()).isEqualTo(TestAgent.BROKER.toString());
    assertThat(cancel.tries()).isEqualTo(Tries.UNTIL_CONFIRMED);
    assertThat(cancel.expiration()).contains(3_000L);
    assertThat(cancel.isOverdue(5 + 3_000_000_000L - 1)).isFalse();
    assertThat(cancel.isOverdue(5 + 3_000_000_000L)).isTrue();
  }

  private static PendingEffect.Publish publish(String method, long expiration, long giveUpAt) {
    Request request = new Request("orders", method, "/", Headers.EMPTY, Body.ABSENT);
    return new PendingEffect.Publish(
        new ClientRequest(TestAgent.CLIENT, ID, 9_000, request),
        new Caller() {},
        expiration,
        giveUpAt);
  }
}
