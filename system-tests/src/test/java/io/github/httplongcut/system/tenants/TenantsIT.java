package io.github.httplongcut.system.tenants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.tenants.DeadLetters.Death;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What tenants can do to each other (docs/security.md): each attack is made by a tenant with its
 * own permissions, while a neighbour asks. Nobody else may notice it.
 */
class TenantsIT extends Attacked {

  TenantsIT(RabbitMq rabbitMq) {
    super(rabbitMq);
  }

  // Dead letters.

  @Test
  void aDeadLetterWithAForeignKeyCallsNobody() {
    Tenant acme = scene().acme();
    DeadLetters dead = new DeadLetters(acme);
    String key = Topology.targetKey(TenantScene.FOREIGN, acme.id());
    assertHarmless(
        List.of(scene().acmesInbox()),
        () -> {
          for (Death death : Death.values()) {
            for (String type : List.of("classic", "quorum")) {
              String what = death + "/" + type;
              dead.send(death, type, "client_request", key, dead.foreignRequests(what));
            }
          }
          dead.sendWithOwnKeys(
              "client_request",
              Map.of(key, Events.request(acme.id(), TenantScene.FOREIGN, "own-key")));
        });
  }

  @Test
  void foreignHeartbeatsAsDeadLettersRegisterNobody() {
    Tenant plant = scene().plant();
    DeadLetters dead = new DeadLetters(plant);
    assertHarmless(
        List.of(),
        () -> {
          Map<String, Event> heartbeats = new LinkedHashMap<>();
          for (int i = 0; i < 60; i++) {
            ProcessId id = plant.newId();
            heartbeats.put(
                Topology.targetKey(TenantScene.FOREIGN, id),
                Events.heartbeat(id, TenantScene.FOREIGN, 100, 2_000));
          }
          dead.sendWithOwnKeys("upstream_heartbeat", heartbeats);
        });
  }

  @Test
  void heartbeatsForTheOwnTargetMayClaimWhatTheyLike() {
    new BigThings(scene()).boundlessHeartbeats(60);
    scene().awaitAgents(61);
    assertHarmless(List.of(), () -> {});
    spoil(); // they are believed for minutes
  }

  // Orphans.

  @Test
  void aRequestThatDiesInABrokersInboxIsNotRun() {
    assertHarmless(
        List.of(scene().acmesInbox()), new Orphans(scene())::requestsThatDieInABrokersInbox);
  }

  @Test
  void aRequestWithAnUnknownKeyIsNotRun() {
    assertHarmless(List.of(), new Orphans(scene())::requestsWithAnUnknownKey);
  }

  @Test
  void nobodyIsToldOfADispatchThatWasMadeUp() {
    Ear acmesInbox = scene().acmesInbox();
    assertHarmless(
        List.of(acmesInbox),
        () -> new Orphans(scene()).dispatchesMadeUpByPlant(scene().acme().id()));
    assertThat(acmesInbox.heard()).isEmpty();
  }

  @Test
  void copiesOfDispatchesHarmNobodyElse() {
    Orphans orphans = new Orphans(scene());
    Ear acmesInbox = scene().acmesInbox();
    Ear plantsInbox = scene().plantsInbox();
    scene().plantsAgent();
    assertHarmless(
        List.of(acmesInbox, plantsInbox),
        () -> {
          orphans.dispatchesOfBrokersAsOrphans();
          orphans.askForOwnTarget(100);
        });
  }

  // Big things.

  @Test
  void requestsWithManyHeadersHoldUpNobody() {
    assertHarmless(List.of(), new BigThings(scene())::requestsWithManyHeaders);
  }

  @Test
  void answersWithManyHeadersHoldUpNobody() {
    assertHarmless(List.of(), new BigThings(scene())::answersWithManyHeaders);
  }

  @Test
  void messagesOfManyEventsHoldUpNobody() {
    BigThings big = new BigThings(scene());
    assertHarmless(List.of(), () -> big.whileLargeMessagesPass(big::messagesOfManyEvents));
    assertThat(scene().plant().refusals()).isEmpty();
  }

  @Test
  void anAnswerOfTheLargestSizeHoldsUpNobody() {
    BigThings big = new BigThings(scene());
    assertHarmless(
        List.of(scene().acmesInbox()),
        () -> big.whileLargeMessagesPass(big::anAnswerOfTheLargestSize));
    assertThat(scene().plant().refusals()).isEmpty();
  }

  @Test
  void strangeJsonHoldsUpNobody() {
    assertHarmless(List.of(), new BigThings(scene())::strangeJson);
  }

  // AMQP headers that the Java client cannot read.

  @Test
  void anUnreadableOrphanCutsNobodyOff() {
    assertHarmless(List.of(), new Unreadable(scene())::anAnswerThatBecomesAnOrphan);
  }

  @Test
  void unreadableMessagesToABrokerCutNobodyOff() {
    assertHarmless(List.of(), new Unreadable(scene())::messagesToABroker);
  }

  @Test
  void unreadableHeartbeatsCutNobodyOff() {
    assertHarmless(List.of(), new Unreadable(scene())::heartbeats);
  }

  @Test
  void unreadableRequestsCutNobodyOff() {
    assertHarmless(List.of(), new Unreadable(scene())::requests);
  }

  @Test
  void unreadableRequestsThatExpireCutNobodyOff() {
    assertHarmless(
        List.of(), () -> new Unreadable(scene()).requestsThatComeBackTo(scene().neighboursId()));
  }

  // Full inboxes.

  @ParameterizedTest
  @EnumSource(FullInboxes.Kind.class)
  void aTenantsInboxHoldsUpNobodyElse(FullInboxes.Kind kind) {
    FullInboxes inboxes = new FullInboxes(scene());
    inboxes.declare(kind);
    assertHarmless(List.of(), () -> scene().whileTheNeighbourAsks(() -> inboxes.ask(20)));
  }

  @Test
  void anAgentsFullInboxHoldsUpNobodyElse() {
    FullInboxes inboxes = new FullInboxes(scene());
    inboxes.declarePlants(Map.of());
    Ear acmesInbox = scene().acmesInbox();
    scene().plantsAgent();
    assertHarmless(List.of(acmesInbox), () -> scene().whileTheNeighbourAsks(() -> inboxes.ask(20)));
  }

  @Test
  void aBusyInboxHoldsUpNobodyElse() {
    FullInboxes inboxes = new FullInboxes(scene());
    new Hogs(scene()).aBusyInbox("classic", 20_000, 500);
    assertHarmless(List.of(), () -> scene().whileTheNeighbourAsks(() -> inboxes.ask(20)));
  }

  @Test
  void unansweredRequestsLeaveRoomForOthers() throws IOException {
    String inbox = scene().plantsInbox(Map.of());
    scene().plantsAgent().takeAllOf(inbox);
    assertHarmless(List.of(), new Hogs(scene())::unansweredRequests);
  }

  @Test
  void requestsThatWaitLeaveRoomForOthers() {
    assertHarmless(List.of(), new Hogs(scene())::unansweredRequests);
  }

  /** A broker's channel registers with a quorum queue, and waits for that for up to 5 s. */
  @Test
  void aBusyQuorumQueueAsAnInboxHoldsUpNobodyElse() {
    FullInboxes inboxes = new FullInboxes(scene());
    new Hogs(scene()).aBusyInbox("quorum", 20_000, 500);
    assertHarmless(List.of(), () -> scene().whileTheNeighbourAsks(() -> inboxes.ask(5)));
  }

  // Side doors.

  @Test
  void boundExchangesLeadNowhere() {
    assertHarmless(List.of(scene().acmesInbox()), new SideDoors(scene())::boundExchanges);
  }

  @Test
  void alternateExchangesLeadNowhere() {
    assertHarmless(List.of(scene().acmesInbox()), new SideDoors(scene())::alternateExchanges);
  }

  @Test
  void furtherKeysLeadNowhere() {
    assertHarmless(List.of(scene().acmesInbox()), new SideDoors(scene())::furtherKeys);
  }

  @Test
  void theDefaultExchangeIsClosed() {
    assertHarmless(List.of(scene().acmesInbox()), new SideDoors(scene())::defaultExchange);
    assertThat(scene().acme().refusals()).hasSize(7);
  }

  @Test
  void replayedAnswersSayNothing() {
    assertHarmless(List.of(scene().acmesInbox()), new SideDoors(scene())::replayedAnswers);
  }

  @Test
  void aRejectedRequestDoesNotComeBackForEver() {
    SideDoors doors = new SideDoors(scene());
    try {
      assertHarmless(List.of(scene().acmesInbox()), doors::requestsThatComeBackForEver);
    } finally {
      doors.unbind();
    }
  }

  // RabbitMQ 4 speaks AMQP 1.0 to whoever wants it.

  @Test
  void messagesOfAmqp10CallNobody() {
    assumeThat(scene().rabbitMq().version()).startsWith("4.");
    Amqp10Attacks attacks = new Amqp10Attacks(scene());
    assertHarmless(List.of(scene().acmesInbox()), attacks::foreignRequestsAndHeartbeats);
  }
}
