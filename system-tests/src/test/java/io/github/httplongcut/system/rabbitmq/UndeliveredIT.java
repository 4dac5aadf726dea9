package io.github.httplongcut.system.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * RabbitMQ returns or dead-letters messages that their receiver does not consume (protocol section
 * 3).
 */
@ExtendWith(RabbitMqExtension.class)
class UndeliveredIT {

  private static final Duration WAIT = Duration.ofSeconds(15);
  private static final int CONFIRM_TIMEOUT_MS = 30_000;
  private static final String SHORT = "50";

  private final ProcessId clientId = ProcessId.create("client-agent", "test");
  private final ProcessId brokerId = ProcessId.create("broker", "test");
  private final ProcessId upstreamId = ProcessId.create("upstream-agent", "test");

  private final RabbitMq rabbitMq;
  private final List<Connection> connections = new ArrayList<>();
  private final List<String> inboxes = new ArrayList<>();

  UndeliveredIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void purgeSharedQueues() {
    rabbitMq.purge();
  }

  @AfterEach
  void deleteInboxesAndCloseConnections() throws IOException {
    Channel admin = connect(RabbitMqUser.ADMIN);
    for (String inbox : inboxes) {
      admin.queueDelete(inbox);
    }
    for (Connection connection : connections) {
      connection.close();
    }
    rabbitMq.purge();
  }

  @Test
  void dispatchToAMissingAgentIsReturned() throws Exception {
    Channel broker = connect(RabbitMqUser.BROKER);
    BlockingQueue<Integer> returned = new LinkedBlockingQueue<>();
    broker.addReturnListener(message -> returned.add(message.getReplyCode()));

    publish(broker, "broker_request", "orders." + upstreamId, dispatch());

    assertThat(returned).containsExactly(AMQP.NO_ROUTE);
  }

  @Test
  void expiredDispatchIsDeadLetteredToItsBroker() throws Exception {
    openInbox(RoleUser.UPSTREAM_AGENT, upstreamId);
    openInbox(RoleUser.BROKER, brokerId);
    Channel broker = connect(RabbitMqUser.BROKER);

    publish(broker, "broker_request", "orders." + upstreamId, dispatch());

    assertDeadLetter(take(broker, "broker." + brokerId), "expired", "upstream-agent." + upstreamId);
    assertThat(rabbitMq.messagesReady(Topology.ORPHAN)).isZero();
  }

  @Test
  void rejectedDispatchIsDeadLetteredToItsBroker() throws Exception {
    openInbox(RoleUser.UPSTREAM_AGENT, upstreamId);
    openInbox(RoleUser.BROKER, brokerId);
    Channel broker = connect(RabbitMqUser.BROKER);
    Channel upstream = connect(RabbitMqUser.UPSTREAM_AGENT);

    publish(
        broker,
        "broker_request",
        "orders." + upstreamId,
        dispatch().builder().expiration(null).build());
    GetResponse taken = take(upstream, "upstream-agent." + upstreamId);
    upstream.basicReject(taken.getEnvelope().getDeliveryTag(), false);

    assertDeadLetter(
        take(broker, "broker." + brokerId), "rejected", "upstream-agent." + upstreamId);
  }

  @Test
  void expiredDispatchOfAMissingBrokerIsAnOrphan() throws Exception {
    openInbox(RoleUser.UPSTREAM_AGENT, upstreamId);
    Channel broker = connect(RabbitMqUser.BROKER);

    publish(broker, "broker_request", "orders." + upstreamId, dispatch());

    GetResponse orphan = takeOrphan(broker);
    assertDeadLetter(orphan, "expired", "upstream-agent." + upstreamId);
    assertThat(orphan.getProps().getHeaders().get(Topology.BROKER_ID_HEADER))
        .hasToString(brokerId.toString());
  }

  @Test
  void expiredDispatchReachesNoOtherBroker() throws Exception {
    openInbox(RoleUser.UPSTREAM_AGENT, upstreamId);
    openInbox(RoleUser.BROKER, brokerId);
    ProcessId otherBroker = ProcessId.create("broker", "other");
    openInbox(RoleUser.BROKER, otherBroker);
    Channel broker = connect(RabbitMqUser.BROKER);

    publish(broker, "broker_request", "orders." + upstreamId, dispatch());

    assertThat(take(broker, "broker." + brokerId)).isNotNull();
    assertThat(rabbitMq.messagesReady("broker." + otherBroker)).isZero();
  }

  @Test
  void responseToAMissingBrokerIsAnOrphanAndNotReturned() throws Exception {
    Channel upstream = connect(RabbitMqUser.UPSTREAM_AGENT);
    BlockingQueue<Integer> returned = new LinkedBlockingQueue<>();
    upstream.addReturnListener(message -> returned.add(message.getReplyCode()));

    publish(upstream, "upstream_response", brokerId.toString(), properties("upstream-agent"));
    publish(upstream, "upstream_error", brokerId.toString(), properties("upstream-agent"));

    assertThat(returned).isEmpty();
    Channel broker = connect(RabbitMqUser.BROKER);
    assertThat(
            List.of(
                takeOrphan(broker).getEnvelope().getExchange(),
                takeOrphan(broker).getEnvelope().getExchange()))
        .containsExactly("upstream_response", "upstream_error");
  }

  @Test
  void responseThatExpiresInABrokersInboxIsAnOrphan() throws Exception {
    openInbox(RoleUser.BROKER, brokerId);
    Channel upstream = connect(RabbitMqUser.UPSTREAM_AGENT);

    publish(
        upstream,
        "upstream_response",
        brokerId.toString(),
        properties("upstream-agent").builder().expiration(SHORT).build());

    Channel broker = connect(RabbitMqUser.BROKER);
    assertDeadLetter(takeOrphan(broker), "expired", "broker." + brokerId);
  }

  @Test
  void responseWaitsInABrokersInboxForAtMostFiveSeconds() throws Exception {
    openInbox(RoleUser.BROKER, brokerId);
    Channel upstream = connect(RabbitMqUser.UPSTREAM_AGENT);

    publish(upstream, "upstream_response", brokerId.toString(), properties("upstream-agent"));
    assertThat(rabbitMq.messagesReady("broker." + brokerId)).isOne();

    Channel broker = connect(RabbitMqUser.BROKER);
    assertDeadLetter(takeOrphan(broker), "expired", "broker." + brokerId);
  }

  @Test
  void expiredRequestIsDeadLetteredToItsClientAgent() throws Exception {
    openInbox(RoleUser.CLIENT_AGENT, clientId);
    Channel client = connect(RabbitMqUser.CLIENT_AGENT);

    publish(
        client,
        "client_request",
        "orders." + clientId,
        properties("client-agent").builder().expiration(SHORT).build());

    GetResponse deadLetter = take(client, "client-agent." + clientId);
    assertDeadLetter(deadLetter, "expired", "client_request");
    assertThat(deadLetter.getEnvelope().getRoutingKey()).isEqualTo("orders." + clientId);
  }

  @Test
  void fullRequestQueueNacksAndDropsNoMessage() throws Exception {
    int maxLength = 10_000;
    Channel client = connect(RabbitMqUser.CLIENT_AGENT);
    client.confirmSelect();
    for (int i = 0; i < maxLength; i++) {
      client.basicPublish(
          "client_request", "orders." + clientId, properties("client-agent"), new byte[0]);
    }
    client.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MS);

    client.basicPublish(
        "client_request", "orders." + clientId, properties("client-agent"), new byte[0]);

    assertThatThrownBy(() -> client.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nacks");
    assertThat(rabbitMq.messagesReady("client_request")).isEqualTo(maxLength);
  }

  private Channel connect(RabbitMqUser user) throws IOException {
    Connection connection = rabbitMq.connect(user, "UndeliveredIT");
    connections.add(connection);
    return connection.createChannel();
  }

  /** Declares and binds the process's own queues without consuming them. */
  private void openInbox(RoleUser role, ProcessId id) throws IOException {
    Channel channel = connect(role.user());
    for (ConsumedQueue queue : role.plan(id).queues()) {
      if (queue.isOwn()) {
        channel.queueDeclare(queue.name(), true, false, false, Map.of("x-queue-type", "classic"));
        inboxes.add(queue.name());
        for (Binding binding : queue.bindings()) {
          channel.queueBind(
              queue.name(), binding.exchange(), binding.routingKey(), binding.arguments());
        }
      }
    }
  }

  private static BasicProperties properties(String user) {
    return new BasicProperties.Builder().userId(user).deliveryMode(1).build();
  }

  private BasicProperties dispatch() {
    return properties("broker")
        .builder()
        .expiration(SHORT)
        .headers(Map.of(Topology.BROKER_ID_HEADER, brokerId.toString()))
        .build();
  }

  /**
   * Publishes with the mandatory flag and waits for the confirm, before which RabbitMQ sends a
   * return.
   */
  private static void publish(
      Channel channel, String exchange, String routingKey, BasicProperties properties)
      throws Exception {
    channel.confirmSelect();
    channel.basicPublish(exchange, routingKey, true, properties, new byte[0]);
    channel.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MS);
  }

  private static GetResponse take(Channel channel, String queue) {
    return await("a message in " + queue)
        .atMost(WAIT)
        .until(() -> channel.basicGet(queue, false), Objects::nonNull);
  }

  /**
   * Takes the next orphan of this test. Messages of earlier tests may become orphans meanwhile and
   * are dropped.
   */
  private GetResponse takeOrphan(Channel channel) {
    return await("an orphan")
        .atMost(WAIT)
        .until(
            () -> channel.basicGet(Topology.ORPHAN, true),
            message -> message != null && isOfThisTest(message));
  }

  private boolean isOfThisTest(GetResponse message) {
    Map<String, Object> headers = message.getProps().getHeaders();
    Object died = headers == null ? null : headers.get("x-first-death-queue");
    return died == null
        || died.toString().endsWith(brokerId.toString())
        || died.toString().endsWith(upstreamId.toString());
  }

  private static void assertDeadLetter(GetResponse message, String reason, String queue) {
    Map<String, Object> headers = message.getProps().getHeaders();
    assertThat(headers.get("x-first-death-reason")).hasToString(reason);
    assertThat(headers.get("x-first-death-queue")).hasToString(queue);
    // A dead letter keeps the sender's user-id, which RabbitMQ checked at publishing.
    assertThat(message.getProps().getUserId())
        .isIn(Arrays.stream(RabbitMqUser.values()).map(RabbitMqUser::login).toList());
  }
}
