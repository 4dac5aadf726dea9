package io.github.httplongcut.system.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqExtension;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An AMQP session publishes, consumes and recovers on a real RabbitMQ. */
@ExtendWith(RabbitMqExtension.class)
class SessionIT {

  private static final ProcessId CLIENT = ProcessId.parse("client-agent.test-abcdef");
  private static final String TARGET = "orders";

  private final RabbitMq rabbitMq;
  private final List<Peer> peers = new ArrayList<>();

  SessionIT(RabbitMq rabbitMq) {
    this.rabbitMq = rabbitMq;
  }

  @BeforeEach
  void startEmpty() {
    rabbitMq.purge();
  }

  @AfterEach
  void closePeers() {
    peers.forEach(Peer::close);
  }

  @Test
  void publishedEventIsConfirmedAndDelivered() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    Event request = request(broker, "GET", "/hello");

    broker.publish(dispatch(request, agent));

    await().untilAsserted(() -> assertThat(agent.events()).containsExactly(request));
    await().untilAsserted(() -> assertThat(broker.outcomes()).containsExactly(Outcome.CONFIRMED));
    Delivery delivery = agent.deliveries().get(0);
    assertThat(delivery.envelope())
        .isEqualTo(
            new Delivery.Envelope(
                Delivery.Origin.SENT,
                TARGET + "." + agent.id(),
                "broker",
                false,
                Version.current()));
  }

  @Test
  void manyEventsShareFewMessagesAndKeepTheirOrder() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    List<Event> requests = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      requests.add(request(broker, "GET", "/" + i));
    }

    requests.forEach(request -> broker.publish(dispatch(request, agent)));

    await().untilAsserted(() -> assertThat(agent.events()).hasSize(requests.size()));
    assertThat(agent.events()).isEqualTo(requests);
    assertThat(agent.deliveries().size()).isLessThan(requests.size() / 4);
    await().untilAsserted(() -> assertThat(broker.outcomes()).hasSize(requests.size()));
    assertThat(broker.outcomes()).containsOnly(Outcome.CONFIRMED);
  }

  @Test
  void eventLargerThanTheWindowIsDelivered() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    Request large =
        new Request(
            TARGET, "PUT", "/", Headers.EMPTY, Body.of(new byte[3 * 1024 * 1024])); // 1 MiB window
    Event request =
        new BrokerRequest(CLIENT, UUID.randomUUID(), 1, broker.id(), UUID.randomUUID(), 1, large);

    broker.publish(dispatch(request, agent));

    await().untilAsserted(() -> assertThat(agent.events()).containsExactly(request));
  }

  @Test
  void unroutableEventIsReturned() {
    Peer broker = broker(Delivery::ack);
    ProcessId nobody = ProcessId.create("upstream-agent", "nobody");
    Event request = request(broker, "GET", "/");

    broker.publish(
        Publication.of(request, Topology.targetKey(TARGET, nobody), in(10))
            .tried(Publication.Tries.ONCE));

    await().untilAsserted(() -> assertThat(broker.outcomes()).containsExactly(Outcome.RETURNED));
  }

  /** RabbitMQ closes the channel, which must not affect other publications. */
  @Test
  void forbiddenPublicationIsRefusedAndOthersAreConfirmed() {
    Peer client =
        up(
            new Peer(RabbitMqUser.CLIENT_AGENT, address(), id -> Plan.clientAgent(id, 0)),
            Delivery::ack);
    ProcessId another = ProcessId.create("somebody-else", "peer");
    Event request =
        new Event.ClientRequest(
            client.id(),
            UUID.randomUUID(),
            1,
            new Request(TARGET, "POST", "/", Headers.EMPTY, Body.ABSENT));
    String forbidden = Topology.targetKey(TARGET, another);

    client.publish(Publication.of(request, forbidden, in(10)).tried(Publication.Tries.ONCE));
    await().untilAsserted(() -> assertThat(client.outcomes()).containsExactly(Outcome.REFUSED));
    client.publish(
        Publication.of(request, forbidden, in(10))); // would be retried, but not after a refusal
    client.publish(
        Publication.of(request, Topology.targetKey(TARGET, client.id()), in(10))
            .tried(Publication.Tries.ONCE));

    await()
        .untilAsserted(
            () ->
                assertThat(client.outcomes())
                    .containsExactly(Outcome.REFUSED, Outcome.REFUSED, Outcome.CONFIRMED));
  }

  /** RabbitMQ closes the whole connection if the session opens one channel too many. */
  @Test
  void channelLimitOfTheUserClosesOnlyOneConnection() {
    String user = RabbitMqUser.BROKER.login();
    rabbitMq.ctl("set_user_limits", user, "{\"max-channels\": 12}");
    try {
      Peer broker = broker(Delivery::ack);
      int tenants = 300;
      int before = publishBeyondTheLimit(tenants, broker);

      publishToTenants(tenants, broker);

      int all = before + tenants;
      await().untilAsserted(() -> assertThat(broker.outcomes()).hasSize(all));
      assertThat(broker.outcomes().subList(before, all)).containsOnly(Outcome.RETURNED);
    } finally {
      rabbitMq.ctl("clear_user_limits", user, "max-channels");
    }
  }

  /**
   * Publishes until the session has needed more channels at once than its user may have: a channel
   * whose messages are confirmed serves the next tenant, so fast confirms need few channels.
   *
   * @return number of publications
   */
  private static int publishBeyondTheLimit(int tenants, Peer broker) {
    int published = 0;
    while (!broker.outcomes().contains(Outcome.UNKNOWN)) {
      publishToTenants(tenants, broker);
      published += tenants;
      int all = published;
      await().untilAsserted(() -> assertThat(broker.outcomes()).hasSize(all));
      assertThat(published).as("publications without a closed connection").isLessThan(30_000);
    }
    return published;
  }

  /** Publishes an event to each of many tenants that have no inbox. */
  private static void publishToTenants(int tenants, Peer broker) {
    for (int i = 0; i < tenants; i++) {
      ProcessId nobody = ProcessId.create("tenant" + i, "nobody");
      broker.publish(
          Publication.of(request(broker, "GET", "/"), Topology.targetKey(TARGET, nobody), in(10))
              .tried(Publication.Tries.ONCE));
    }
  }

  @Test
  void expiredEventReturnsToItsSenderAsADeadLetter() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(SessionIT::keep);
    agent.session().close(); // the inbox remains for a while
    Event request = request(broker, "GET", "/late");

    broker.publish(dispatch(request, agent).expiringAfter(50));

    await().untilAsserted(() -> assertThat(broker.events()).containsExactly(request));
    assertThat(broker.deliveries().get(0).envelope().origin()).isEqualTo(Delivery.Origin.EXPIRED);
  }

  @Test
  void rejectedEventReturnsToItsSenderAsRejected() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::reject);
    Event request = request(broker, "POST", "/no");

    broker.publish(dispatch(request, agent));

    await().untilAsserted(() -> assertThat(broker.events()).containsExactly(request));
    assertThat(broker.deliveries().get(0).envelope().origin()).isEqualTo(Delivery.Origin.REJECTED);
  }

  /** Rule 1: once the fence is answered, RabbitMQ never redelivers the message. */
  @Test
  void settledMessagesAreNeverRedelivered() {
    AtomicInteger settled = new AtomicInteger();
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(delivery -> delivery.settle(settled::incrementAndGet));
    for (int i = 0; i < 100; i++) {
      broker.publish(
          dispatch(request(broker, "POST", "/" + i), agent)
              .batched(Publication.Batching.ALONE)
              .expiringAfter(500));
    }
    await().untilAsserted(() -> assertThat(settled).hasValue(100));

    agent.session().reopenConsuming("this test");

    await().untilAsserted(() -> assertThat(agent.consumings()).isEqualTo(2));
    assertThat(agent.losses()).isEqualTo(1);
    assertThat(agent.deliveries()).hasSize(100).noneMatch(Delivery::isLost);
    assertThat(rabbitMq.messagesReady("upstream-agent." + agent.id())).isZero();
    assertThat(broker.deliveries()).isEmpty();
  }

  @Test
  void unsettledMessageIsRedeliveredWhenConsumingIsReopened() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(SessionIT::keep);
    Event request = request(broker, "GET", "/again");
    broker.publish(dispatch(request, agent));
    await().untilAsserted(() -> assertThat(agent.deliveries()).hasSize(1));

    agent.session().reopenConsuming("this test");

    await().untilAsserted(() -> assertThat(agent.events()).containsExactly(request, request));
    assertThat(agent.deliveries().get(0).isLost()).isTrue();
    assertThat(agent.deliveries().get(1).isLost()).isFalse();
  }

  @Test
  void inboxSurvivesClosedConnections() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);

    for (int round = 1; round <= 3; round++) {
      rabbitMq.ctl("close_all_connections", "--vhost", RabbitMq.VHOST, "this test");
      broker.publish(hello(broker)); // must arrive, whether written before or after the close
      int rounds = round;
      await().untilAsserted(() -> assertThat(agent.consumings()).isEqualTo(rounds + 1));
    }

    await().untilAsserted(() -> assertThat(broker.outcomes()).hasSize(3));
    assertThat(broker.outcomes()).containsOnly(Outcome.CONFIRMED);
    await().untilAsserted(() -> assertThat(agent.events()).hasSizeGreaterThanOrEqualTo(3));
    assertThat(agent.counted("longcut.amqp.reconnects")).isGreaterThanOrEqualTo(3);
  }

  @Test
  void unreadableMessagesAreSkipped() throws Exception {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    String key = Topology.targetKey(TARGET, agent.id());
    try (Connection connection = rabbitMq.connect(RabbitMqUser.BROKER, "garbage")) {
      Channel channel = connection.createChannel();
      BasicProperties known =
          new BasicProperties.Builder().userId("broker").type("broker_request").build();
      BasicProperties unknown = known.builder().type("from_tomorrow").build();
      channel.basicPublish("broker_request", key, null, utf8("{}"));
      channel.basicPublish("broker_request", key, known, utf8("{\"half\":"));
      channel.basicPublish("broker_request", key, known, new byte[] {0, 1, 2});
      channel.basicPublish("broker_request", key, unknown, utf8("{}"));
    }
    Event request = request(broker, "GET", "/after");
    broker.publish(dispatch(request, agent));

    await().untilAsserted(() -> assertThat(agent.events()).containsExactly(request));
    assertThat(agent.counted("longcut.amqp.messages.discarded")).isEqualTo(4);
    assertThat(agent.consumings()).isEqualTo(1);
  }

  @Test
  void deletedInboxIsDeclaredAgain() throws Exception {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    try (Connection connection = rabbitMq.connect(RabbitMqUser.ADMIN, "this test")) {
      connection.createChannel().queueDelete("upstream-agent." + agent.id());
    }
    await().untilAsserted(() -> assertThat(agent.consumings()).isEqualTo(2));
    Event request = request(broker, "GET", "/");

    broker.publish(dispatch(request, agent));

    await().untilAsserted(() -> assertThat(agent.events()).containsExactly(request));
  }

  @Test
  void alarmRefusesRequestsAndKeepsOtherEvents() {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    rabbitMq.ctl("set_vm_memory_high_watermark", "absolute", "1MB");
    try {
      // RabbitMQ sends connection.blocked only to connections that publish.
      broker.publish(hello(broker));
      await().untilAsserted(() -> assertThat(broker.state().blocked()).isTrue());
      broker.publish(dispatch(request(broker, "POST", "/"), agent));
      await().untilAsserted(() -> assertThat(broker.outcomes()).contains(Outcome.BLOCKED));
      broker.publish(hello(broker));
      assertThat(broker.gauge("longcut.amqp.connection.blocked")).isEqualTo(1);
      await().until(() -> broker.counted("longcut.amqp.blocked") > 0.5);
    } finally {
      rabbitMq.ctl("set_vm_memory_high_watermark", "0.4");
    }

    await()
        .untilAsserted(
            () ->
                assertThat(broker.outcomes())
                    .containsExactlyInAnyOrder(
                        Outcome.BLOCKED, Outcome.CONFIRMED, Outcome.CONFIRMED));
    assertThat(broker.state().isHealthy()).isTrue();
    assertThat(broker.gauge("longcut.amqp.connection.blocked")).isZero();
    assertThat(broker.gauge("longcut.amqp.connection.up")).isEqualTo(2);
  }

  @Test
  void publicationWithoutAConnectionTimesOut() {
    Peer lonely =
        new Peer(
            RabbitMqUser.BROKER,
            new Peer.Address("127.0.0.1", 1), // no server listens there
            id -> Plan.broker(id, 100));
    peers.add(lonely.start(Delivery::ack));

    lonely.publish(
        Publication.of(
            new Event.BrokerHello(lonely.id(), "1"),
            "",
            System.nanoTime() + Duration.ofMillis(200).toNanos()));

    await()
        .untilAsserted(() -> assertThat(lonely.outcomes()).containsExactly(Outcome.NO_CONNECTION));
  }

  /** The connection looks open to both sides. Only the missing confirm reveals the failure. */
  @Test
  void silentPublishingConnectionIsReplaced() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      Peer broker = proxiedBroker(proxy);
      Peer agent = agent(Delivery::ack);
      // Opens the channel for tenants, for which the later dispatch would otherwise wait,
      // unwritten.
      broker.publish(dispatch(request(broker, "GET", "/"), agent));
      await().untilAsserted(() -> assertThat(broker.outcomes()).containsExactly(Outcome.CONFIRMED));

      proxy.blackHole(" publish");
      broker.publish(hello(broker));
      broker.publish(dispatch(request(broker, "GET", "/"), agent));
      await().untilAsserted(() -> assertThat(broker.outcomes()).endsWith(Outcome.UNKNOWN));
      assertThat(broker.losses()).isZero();
      proxy.heal();

      await()
          .untilAsserted(
              () ->
                  assertThat(broker.outcomes())
                      .containsExactly(Outcome.CONFIRMED, Outcome.UNKNOWN, Outcome.CONFIRMED));
      assertThat(broker.state().isHealthy()).isTrue();
    }
  }

  /** No delivery is expected on the connection. Only the unanswered fence reveals the failure. */
  @Test
  void silentConsumingConnectionIsReplaced() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      Peer broker = proxiedBroker(proxy);

      proxy.blackHole(" consume");
      await().untilAsserted(() -> assertThat(broker.losses()).isEqualTo(1));
      assertThat(broker.state().publishing()).isTrue();
      proxy.heal();

      await().untilAsserted(() -> assertThat(broker.consumings()).isEqualTo(2));
    }
  }

  /** RabbitMQ does not even answer the close of the old connection. */
  @Test
  void reopeningReconnectsOverADeadNetwork() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      Peer broker = proxiedBroker(proxy);

      proxy.blackHole(" consume");
      int accepted = proxy.accepted();
      broker.session().reopenConsuming("this test");
      await().until(() -> proxy.accepted() > accepted);
      proxy.heal();

      await().untilAsserted(() -> assertThat(broker.consumings()).isEqualTo(2));
    }
  }

  /** RabbitMQ must not deliver to a half-open connection that still consumes the inbox. */
  @Test
  void newConnectionGetsTheDeliveriesOfAHalfOpenOne() throws Exception {
    Peer broker = broker(Delivery::ack);
    Peer agent = agent(Delivery::ack);
    try (Connection halfDead = rabbitMq.connect(RabbitMqUser.UPSTREAM_AGENT, "half dead")) {
      Channel channel = halfDead.createChannel();
      channel.basicConsume(
          "upstream-agent." + agent.id(), false, (tag, message) -> {}, tag -> {}); // never acks
      for (int i = 0; i < 20; i++) {
        broker.publish(
            dispatch(request(broker, "GET", "/" + i), agent).batched(Publication.Batching.ALONE));
      }

      await().untilAsserted(() -> assertThat(agent.events()).hasSize(20));
    }
  }

  @Test
  void resetConnectionLosesNoEvent() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      Peer broker = proxiedBroker(proxy);
      Peer agent = agent(Delivery::ack);

      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 200; j++) {
          broker.publish(hello(broker));
        }
        proxy.reset(" publish");
      }

      await().untilAsserted(() -> assertThat(broker.outcomes()).hasSize(1_000));
      assertThat(broker.outcomes()).containsOnly(Outcome.CONFIRMED);
      await().untilAsserted(() -> assertThat(agent.events()).hasSizeGreaterThanOrEqualTo(1_000));
    }
  }

  /**
   * A 4 MiB event takes longer than the confirm timeout on a line of 1 MiB/s, but is still being
   * written.
   */
  @Test
  void largeMessagePassesASlowLine() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      Peer broker = proxiedBroker(proxy);
      Peer agent = agent(Delivery::ack);
      Event request = large(broker, 4 * 1024 * 1024);

      proxy.throttle(1024 * 1024);
      broker.publish(dispatch(request, agent));

      await().atMost(Duration.ofSeconds(20)).until(() -> !broker.outcomes().isEmpty());
      assertThat(broker.outcomes()).containsExactly(Outcome.CONFIRMED);
    }
  }

  /** RabbitMQ answers the fence only after all pending deliveries. */
  @Test
  void largeDeliveriesOverASlowLineAreSettled() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      AtomicInteger settled = new AtomicInteger();
      Peer broker = broker(Delivery::ack);
      Peer agent = proxiedAgent(proxy, delivery -> delivery.settle(settled::incrementAndGet));

      proxy.throttle(1024 * 1024);
      for (int i = 0; i < 6; i++) {
        broker.publish(
            dispatch(large(broker, 1024 * 1024), agent).batched(Publication.Batching.ALONE));
      }

      await().atMost(Duration.ofSeconds(30)).until(() -> settled.get() == 6);
      assertThat(agent.losses()).isZero();
    }
  }

  /** RabbitMQ answers the fence only after the message, whose frames arrive for four seconds. */
  @Test
  void deliveryThatTakesLongerThanTheFenceTimeoutArrives() throws Exception {
    try (TcpProxy proxy = new TcpProxy(rabbitMq.host(), rabbitMq.amqpPort())) {
      Peer broker = broker(Delivery::ack);
      Peer agent = proxiedAgent(proxy, Delivery::ack);

      proxy.throttle(1024 * 1024);
      broker.publish(dispatch(large(broker, 4 * 1024 * 1024), agent));

      await().atMost(Duration.ofSeconds(30)).until(() -> agent.events().size() == 1);
      assertThat(agent.losses()).isZero();
    }
  }

  private static Event large(Peer broker, int bytes) {
    return new BrokerRequest(
        CLIENT,
        UUID.randomUUID(),
        30_000,
        broker.id(),
        UUID.randomUUID(),
        25_000,
        new Request(TARGET, "PUT", "/", Headers.EMPTY, Body.ofText("x".repeat(bytes))));
  }

  private Peer proxiedAgent(TcpProxy proxy, Consumer<Delivery> then) {
    return up(
        new Peer(
            RabbitMqUser.UPSTREAM_AGENT,
            new Peer.Address("127.0.0.1", proxy.port()),
            id -> Plan.upstreamAgent(id, List.of(TARGET), 200)),
        then);
  }

  private Peer proxiedBroker(TcpProxy proxy) {
    return up(
        new Peer(
            RabbitMqUser.BROKER,
            new Peer.Address("127.0.0.1", proxy.port()),
            id -> Plan.broker(id, 100)),
        Delivery::ack);
  }

  private Peer broker(Consumer<Delivery> then) {
    return up(new Peer(RabbitMqUser.BROKER, address(), id -> Plan.broker(id, 100)), then);
  }

  private Peer agent(Consumer<Delivery> then) {
    return up(
        new Peer(
            RabbitMqUser.UPSTREAM_AGENT,
            address(),
            id -> Plan.upstreamAgent(id, List.of(TARGET), 200)),
        then);
  }

  private Peer up(Peer peer, Consumer<Delivery> then) {
    peers.add(peer);
    peer.start(then);
    await().until(peer::isUp);
    return peer;
  }

  private Peer.Address address() {
    return new Peer.Address(rabbitMq.host(), rabbitMq.amqpPort());
  }

  private static void keep(Delivery delivery) {}

  private static Event request(Peer broker, String method, String url) {
    return new BrokerRequest(
        CLIENT,
        UUID.randomUUID(),
        30_000,
        broker.id(),
        UUID.randomUUID(),
        25_000,
        new Request(TARGET, method, url, Headers.EMPTY, Body.ABSENT));
  }

  private static Publication dispatch(Event request, Peer agent) {
    return Publication.of(request, Topology.targetKey(TARGET, agent.id()), in(10))
        .tried(Publication.Tries.ONCE)
        .batched(Publication.Batching.REPEATABLE)
        .withBrokerId(((BrokerRequest) request).brokerId().toString())
        .expiringAfter(2_000);
  }

  /** A {@code broker_hello} for all agents, which the session publishes until it is confirmed. */
  private static Publication hello(Peer broker) {
    return Publication.of(new Event.BrokerHello(broker.id(), "1"), "", in(30));
  }

  private static long in(int seconds) {
    return System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
