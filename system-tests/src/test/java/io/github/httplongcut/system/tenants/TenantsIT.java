package io.github.httplongcut.system.tenants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.tenants.DeadLetters.Death;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Attacks of tenants on the relay and on a neighbour (docs/security.md). Each attack uses only the
 * tenants' own permissions, while the neighbour sends requests. It must affect neither the relay
 * nor the neighbour.
 */
class TenantsIT extends AttackFixture {

  TenantsIT(RabbitMq rabbitMq) {
    super(rabbitMq);
  }

  // Dead letters.

  /** The dead letters are acme's requests with the routing key of a target it may not call. */
  @Test
  void deadLettersWithForeignKeysAreNotRun() {
    Tenant acme = testbed().acme();
    DeadLetters dead = new DeadLetters(acme);
    String key = Topology.targetKey(TenantTestbed.FOREIGN, acme.id());
    assertHarmless(
        List.of(testbed().acmesInbox()),
        () -> {
          for (Death death : Death.values()) {
            for (String type : List.of("classic", "quorum")) {
              String suffix = death + "/" + type;
              dead.send(death, type, "client_request", key, dead.foreignRequests(suffix));
            }
          }
          dead.sendWithOwnKeys(
              "client_request",
              Map.of(key, TenantEvents.request(acme.id(), TenantTestbed.FOREIGN, "own-key")));
        });
  }

  @Test
  void foreignHeartbeatsAsDeadLettersRegisterNoAgent() {
    Tenant plant = testbed().plant();
    DeadLetters dead = new DeadLetters(plant);
    assertHarmless(
        List.of(),
        () -> {
          Map<String, Event> heartbeats = new LinkedHashMap<>();
          for (int i = 0; i < 60; i++) {
            ProcessId id = plant.newId();
            heartbeats.put(
                Topology.targetKey(TenantTestbed.FOREIGN, id),
                TenantEvents.heartbeat(id, TenantTestbed.FOREIGN, 100, 2_000));
          }
          dead.sendWithOwnKeys("upstream_heartbeat", heartbeats);
        });
  }

  @Test
  @Tag("any-rabbitmq")
  void hugeClaimsInHeartbeatsForTheOwnTargetAreHarmless() {
    new OversizedMessages(testbed()).boundlessHeartbeats(60);
    testbed().awaitAgents(61);
    assertHarmless(List.of(), () -> {});
    discardTestbed(); // brokers trust these heartbeats for minutes
  }

  // Orphans.

  @Test
  void requestsThatExpireInABrokersInboxAreNotRun() {
    assertHarmless(
        List.of(testbed().acmesInbox()),
        new OrphanAttacks(testbed())::requestsThatDieInABrokersInbox);
  }

  @Test
  void requestsWithUnknownKeysAreNotRun() {
    assertHarmless(List.of(), new OrphanAttacks(testbed())::requestsWithAnUnknownKey);
  }

  @Test
  void forgedDispatchesAreReportedToNoClientAgent() {
    RecordingConsumer acmesInbox = testbed().acmesInbox();
    assertHarmless(
        List.of(acmesInbox),
        () -> new OrphanAttacks(testbed()).forgedDispatches(testbed().acme().id()));
    assertThat(acmesInbox.received()).isEmpty();
  }

  @Test
  void copiesOfDispatchesAreHarmless() {
    OrphanAttacks orphans = new OrphanAttacks(testbed());
    RecordingConsumer acmesInbox = testbed().acmesInbox();
    RecordingConsumer plantsInbox = testbed().plantsInbox();
    testbed().plantsAgent();
    assertHarmless(
        List.of(acmesInbox, plantsInbox),
        () -> {
          orphans.dispatchesOfBrokersAsOrphans();
          orphans.requestOwnTarget(100);
        });
  }

  // Oversized messages.

  @Test
  @Tag("any-rabbitmq")
  void requestsWithManyHeadersDelayNobody() {
    assertHarmless(List.of(), new OversizedMessages(testbed())::requestsWithManyHeaders);
  }

  @Test
  @Tag("any-rabbitmq")
  void responsesWithManyHeadersDelayNobody() {
    assertHarmless(List.of(), new OversizedMessages(testbed())::answersWithManyHeaders);
  }

  @Test
  void messagesWithManyEventsDelayNobody() {
    OversizedMessages messages = new OversizedMessages(testbed());
    assertHarmless(
        List.of(), () -> messages.whileLargeMessagesPass(messages::messagesOfManyEvents));
    assertThat(testbed().plant().refusals()).isEmpty();
  }

  @Test
  void responsesOfTheLargestSizeDelayNobody() {
    OversizedMessages messages = new OversizedMessages(testbed());
    assertHarmless(
        List.of(testbed().acmesInbox()),
        () -> messages.whileLargeMessagesPass(messages::responsesOfTheLargestSize));
    assertThat(testbed().plant().refusals()).isEmpty();
  }

  @Test
  @Tag("any-rabbitmq")
  void strangeJsonDelaysNobody() {
    assertHarmless(List.of(), new OversizedMessages(testbed())::strangeJson);
  }

  // AMQP headers that the Java client cannot read.

  @Test
  @Tag("any-rabbitmq")
  void unreadableOrphansCloseNoConnection() {
    assertHarmless(List.of(), new UnreadableMessages(testbed())::responseThatBecomesAnOrphan);
  }

  @Test
  @Tag("any-rabbitmq")
  void unreadableMessagesToABrokerCloseNoConnection() {
    assertHarmless(List.of(), new UnreadableMessages(testbed())::messagesToABroker);
  }

  @Test
  @Tag("any-rabbitmq")
  void unreadableHeartbeatsCloseNoConnection() {
    assertHarmless(List.of(), new UnreadableMessages(testbed())::heartbeats);
  }

  @Test
  @Tag("any-rabbitmq")
  void unreadableRequestsCloseNoConnection() {
    assertHarmless(List.of(), new UnreadableMessages(testbed())::requests);
  }

  @Test
  void unreadableRequestsThatExpireCloseNoConnection() {
    assertHarmless(
        List.of(),
        () -> new UnreadableMessages(testbed()).requestsThatReturnTo(testbed().neighboursId()));
  }

  // Full inboxes.

  @ParameterizedTest
  @EnumSource(FullInboxes.Kind.class)
  void fullInboxOfAClientAgentDelaysNobodyElse(FullInboxes.Kind kind) {
    FullInboxes inboxes = new FullInboxes(testbed());
    inboxes.declare(kind);
    assertHarmless(
        List.of(), () -> testbed().whileTheNeighbourSends(() -> inboxes.sendRequests(20)));
  }

  @Test
  void fullInboxOfAnUpstreamAgentDelaysNobodyElse() {
    FullInboxes inboxes = new FullInboxes(testbed());
    inboxes.declarePlants(Map.of());
    RecordingConsumer acmesInbox = testbed().acmesInbox();
    testbed().plantsAgent();
    assertHarmless(
        List.of(acmesInbox),
        () -> testbed().whileTheNeighbourSends(() -> inboxes.sendRequests(20)));
  }

  @Test
  void busyInboxDelaysNobodyElse() {
    FullInboxes inboxes = new FullInboxes(testbed());
    new ResourceExhaustion(testbed()).busyInbox("classic", 20_000, 500);
    assertHarmless(
        List.of(), () -> testbed().whileTheNeighbourSends(() -> inboxes.sendRequests(20)));
  }

  @Test
  @Tag("any-rabbitmq")
  void unansweredRequestsLeaveRoomForOthers() throws IOException {
    String inbox = testbed().plantsInbox(Map.of());
    testbed().plantsAgent().takeAllOf(inbox);
    assertHarmless(List.of(), new ResourceExhaustion(testbed())::unansweredRequests);
  }

  @Test
  @Tag("any-rabbitmq")
  void waitingRequestsLeaveRoomForOthers() {
    assertHarmless(List.of(), new ResourceExhaustion(testbed())::unansweredRequests);
  }

  /**
   * A broker's channel must register with a quorum queue before it publishes, which can take up to
   * 5 s.
   */
  @Test
  void busyQuorumQueueAsInboxDelaysNobodyElse() {
    FullInboxes inboxes = new FullInboxes(testbed());
    new ResourceExhaustion(testbed()).busyInbox("quorum", 20_000, 500);
    assertHarmless(
        List.of(), () -> testbed().whileTheNeighbourSends(() -> inboxes.sendRequests(5)));
  }

  // Routes without a permission check.

  @Test
  void boundExchangesBypassNoPermission() {
    assertHarmless(List.of(testbed().acmesInbox()), new UncheckedRoutes(testbed())::boundExchanges);
  }

  @Test
  void alternateExchangesBypassNoPermission() {
    assertHarmless(
        List.of(testbed().acmesInbox()), new UncheckedRoutes(testbed())::alternateExchanges);
  }

  @Test
  void ccAndBccKeysBypassNoPermission() {
    assertHarmless(List.of(testbed().acmesInbox()), new UncheckedRoutes(testbed())::ccAndBccKeys);
  }

  @Test
  void useOfTheDefaultExchangeIsRefused() {
    assertHarmless(
        List.of(testbed().acmesInbox()), new UncheckedRoutes(testbed())::defaultExchange);
    assertThat(testbed().acme().refusals()).hasSize(7);
  }

  @Test
  void replayedResponsesAreIgnored() {
    assertHarmless(
        List.of(testbed().acmesInbox()), new UncheckedRoutes(testbed())::replayedAnswers);
  }

  @Test
  void rejectedRequestsDoNotLoop() {
    UncheckedRoutes routes = new UncheckedRoutes(testbed());
    try {
      assertHarmless(List.of(testbed().acmesInbox()), routes::requestsThatLoop);
    } finally {
      routes.unbind();
    }
  }

  // AMQP 1.0, which RabbitMQ 4 supports by default.

  @Test
  void amqp10MessagesAreNotRun() {
    assumeThat(testbed().rabbitMq().version()).startsWith("4.");
    Amqp10Attacks attacks = new Amqp10Attacks(testbed());
    assertHarmless(List.of(testbed().acmesInbox()), attacks::foreignRequestsAndHeartbeats);
  }
}
