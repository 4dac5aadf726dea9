package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Delivery.Origin;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {

  private static final String INBOX = "broker.broker.b-abcdef";

  @ParameterizedTest
  @CsvSource({
    "client-agent.a.b-abcdef, client_request_undelivered, client_request, EXPIRED",
    "broker.broker.b-abcdef, broker_request_undelivered, broker_request, EXPIRED",
    "broker.broker.b-abcdef, broker_request_undelivered, broker_cancel, EXPIRED",
    "broker.broker.b-abcdef, broker_request_undelivered, broker_hello, EXPIRED",
    "orphan, orphan, upstream_response, ORPHANED",
    "orphan, upstream_response, upstream_response, ORPHANED",
    "orphan, broker_request_undelivered, broker_request, ORPHANED"
  })
  void theOriginFollowsFromQueueAndExchange(
      String queue, String exchange, String type, Origin origin) throws Exception {
    BasicProperties expired =
        properties(type).headers(Map.of("x-death", List.of(Map.of("reason", "expired")))).build();

    assertThat(MessageReader.read(queue, exchange, "key", expired, sample(type)).envelope())
        .isEqualTo(new Delivery.Envelope(origin, "key", "somebody", false));
  }

  @ParameterizedTest
  @CsvSource({
    "http-longcut/0.1.0-SNAPSHOT+7, 0.1.0-SNAPSHOT+7",
    "http-longcut, ''",
    ", ''",
    "other/0.1.0, ''",
    "http-longcut/, ''",
    "http-longcut/<b>, ''",
    "http-longcut/12345678901234567890123456789012345678901234567890123456789012345, ''"
  })
  void theSendersReleaseFollowsFromItsAppId(String appId, String version) throws Exception {
    BasicProperties claimed = properties("client_request").appId(appId).build();

    assertThat(
            MessageReader.read(
                    "client_request", "client_request", "key", claimed, sample("client_request"))
                .envelope()
                .version())
        .isEqualTo(version);
  }

  /** For example, a user that may only send heartbeats must not send client requests. */
  @ParameterizedTest
  @CsvSource({
    "broker.broker.b-abcdef, upstream_heartbeat, client_request",
    "broker.broker.b-abcdef, broker_request_undelivered, upstream_response",
    "client-agent.a.b-abcdef, client_request_undelivered, broker_response",
    "client-agent.a.b-abcdef, orphan, broker_response",
    "orphan, upstream_error, upstream_response",
    "broker.broker.b-abcdef, '', client_cancel",
    "orphan, orphan, client_request",
    "broker.broker.b-abcdef, client_request, client_request",
    "orphan, client_request, client_request",
    "client_request, client-agent.acme.x, client_request",
    "client_request, client_request_undelivered, client_request",
    "client_request, broker_response, broker_response",
    "broker.broker.b-abcdef, client_request_undelivered, client_request",
    "client-agent.a.b-abcdef, broker_request_undelivered, broker_request",
    "orphan, client_cancel, client_cancel",
    "orphan, upstream_heartbeat, upstream_heartbeat"
  })
  void anEventFromAWrongExchangeIsRefused(String queue, String exchange, String type) {
    assertThatThrownBy(
            () ->
                MessageReader.read(queue, exchange, "key", properties(type).build(), sample(type)))
        .isInstanceOf(MalformedEventException.class)
        .hasMessageContaining(type)
        .hasMessageContaining("'" + exchange + "'");
  }

  /** RabbitMQ does not check permissions for the routing key of a dead letter. */
  @ParameterizedTest
  @CsvSource({
    "client_request, client_request",
    "broker.broker.b-abcdef, client_cancel",
    "broker.broker.b-abcdef, broker_request_ack",
    "broker.broker.b-abcdef, upstream_response",
    "broker.broker.b-abcdef, upstream_error",
    "heartbeats.broker.b-abcdef, upstream_heartbeat",
    "client-agent.a.b-abcdef, broker_response",
    "upstream-agent.a.b-abcdef, broker_request"
  })
  void aDeadLetterFromAnExchangeNotForDeadLettersIsRefused(String queue, String type)
      throws Exception {
    assertThat(MessageReader.read(queue, type, "key", properties(type).build(), sample(type)))
        .extracting(read -> read.envelope().origin())
        .isEqualTo(Origin.SENT);
    for (Object death : List.of(List.of(), "forged", List.of(Map.of("reason", "expired")), 1)) {
      BasicProperties dead = properties(type).headers(Map.of("x-death", death)).build();

      assertThatThrownBy(() -> MessageReader.read(queue, type, "key", dead, sample(type)))
          .isInstanceOf(MalformedEventException.class)
          .hasMessageContaining("dead letter");
    }
  }

  @Test
  void aMessageDiscardedByTheGuardIsRefusedWithItsReason() {
    BasicProperties takenOut =
        properties("client_cancel").contentType(ContentGuard.DISCARDED).appId("too long").build();

    assertThatThrownBy(
            () ->
                MessageReader.read(
                    INBOX, "client_cancel", "key", takenOut, sample("client_cancel")))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("too long");
  }

  @Test
  void aMessageWithoutUserIdIsRefused() {
    BasicProperties anonymous = properties("client_cancel").userId(null).build();

    assertThatThrownBy(
            () ->
                MessageReader.read(
                    INBOX, "client_cancel", "key", anonymous, sample("client_cancel")))
        .isInstanceOf(MalformedEventException.class)
        .hasMessageContaining("user_id");
  }

  @Test
  void theNewestDeathReasonCounts() throws Exception {
    BasicProperties twice =
        properties("broker_request")
            .headers(
                Map.of(
                    "x-death", List.of(Map.of("reason", "rejected"), Map.of("reason", "expired"))))
            .build();

    MessageReader.DecodedMessage read =
        MessageReader.read(
            INBOX, "broker_request_undelivered", "key", twice, sample("broker_request"));

    assertThat(read.envelope().origin()).isEqualTo(Origin.REJECTED);
    assertThat(read.death()).contains(DeathReason.REJECTED);
    assertThat(read.type()).isEqualTo(EventType.BROKER_REQUEST);
  }

  /** With the limit 0 the queue has delivered the request once, and it may have run. */
  @Test
  void aRequestOverItsDeliveryLimitIsInDoubt() throws Exception {
    Map<String, Object> headers =
        Map.of("x-death", List.of(Map.of("reason", "delivery_limit")), "x-delivery-count", 1L);
    BasicProperties givenUp = properties("client_request").headers(headers).build();

    MessageReader.DecodedMessage read =
        MessageReader.read(
            "client-agent.a.b-abcdef",
            "client_request_undelivered",
            "key",
            givenUp,
            sample("client_request"));

    assertThat(read.envelope().origin()).isEqualTo(Origin.IN_DOUBT);
    assertThat(read.death()).contains(DeathReason.DELIVERY_LIMIT);
  }

  @ParameterizedTest
  @CsvSource({
    "expired, EXPIRED",
    "rejected, REJECTED",
    "maxlen, MAXLEN",
    "delivery_limit, DELIVERY_LIMIT",
    "something new, OTHER"
  })
  void aDeadLetterHasTheReasonOfItsDeath(String reason, DeathReason expected) throws Exception {
    BasicProperties dead =
        properties("broker_request")
            .headers(Map.of("x-death", List.of(Map.of("reason", reason))))
            .build();

    assertThat(
            MessageReader.read(
                    INBOX, "broker_request_undelivered", "key", dead, sample("broker_request"))
                .death())
        .contains(expected);
  }

  @Test
  void anOrdinaryMessageHasNoDeath() throws Exception {
    BasicProperties sent = properties("client_cancel").build();

    assertThat(
            MessageReader.read(INBOX, "client_cancel", "key", sent, sample("client_cancel"))
                .death())
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x-delivery-count", "x-acquired-count"})
  void aRequestThatAQuorumQueueRedeliversIsInDoubt(String counter) throws Exception {
    assertThat(originOfRequestWith(Map.of(counter, 0))).isEqualTo(Origin.SENT);
    assertThat(originOfRequestWith(Map.of(counter, 1))).isEqualTo(Origin.IN_DOUBT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x-delivery-count", "x-acquired-count"})
  void anOrphanThatAQuorumQueueRedeliversIsInDoubt(String counter) throws Exception {
    BasicProperties again = properties("upstream_error").headers(Map.of(counter, 1)).build();

    assertThat(
            MessageReader.read("orphan", "orphan", "key", again, sample("upstream_error"))
                .envelope()
                .origin())
        .isEqualTo(Origin.ORPHANED_IN_DOUBT);
  }

  private static Origin originOfRequestWith(Map<String, Object> headers) throws Exception {
    return MessageReader.read(
            "client_request",
            "client_request",
            "key",
            properties("client_request").headers(headers).build(),
            sample("client_request"))
        .envelope()
        .origin();
  }

  private static BasicProperties.Builder properties(String type) {
    return new BasicProperties.Builder().userId("somebody").type(type);
  }

  private static byte[] sample(String type) throws IOException {
    try (InputStream in =
        MessageReaderTest.class.getResourceAsStream("/events/" + type + ".json")) {
      return in.readAllBytes();
    }
  }
}
