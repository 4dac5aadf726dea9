package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import io.github.httplongcut.session.Publication.Batching;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BatchQueueTest {

  private static final ProcessId CLIENT = ProcessId.parse("acme.laptop-abcdef");
  private static final EventError NOT_RUN = new EventError(Failure.NOT_RUN, "", Hop.BROKER);
  private static final long PLENTY = Long.MAX_VALUE;
  private static final long NOW = Long.MAX_VALUE - 10; // the clock may overflow
  private static final long HELD = BatchQueue.MAX_HOLD.toNanos();
  private static final long UNHURRIED_HELD = BatchQueue.UNHURRIED_HOLD.toNanos();

  private final BatchQueue queue = new BatchQueue();

  @Test
  void publicationsOfOneKeyAreOneMessageInOrder() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(first, second);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void publicationsOfDifferentKeysAreDifferentMessages() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("b", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(first);
    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void aRemovedPublicationIsNotTaken() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(queue.remove(first)).isTrue();
    assertThat(queue.remove(first)).isFalse();

    assertThat(queue.size()).isOne();
    assertThat(take(PLENTY, NOW)).containsExactly(second);
    assertThat(queue.remove(second)).isFalse();
  }

  @Test
  void anEmptyLaneIsNotTaken() {
    queue.remove(add("a", Batching.ANY, 10));
    Publication other = add("b", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(other);
  }

  @Test
  void repeatableRequestsAreNeverMixedWithOthers() {
    Publication repeatable = add("a", Batching.REPEATABLE, 10);
    Publication other = add("a", Batching.NOT_REPEATABLE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(repeatable);
    assertThat(take(PLENTY, NOW)).containsExactly(other);
  }

  @Test
  void batchingAloneMeansOneEventPerMessage() {
    Publication first = add("a", Batching.ALONE, 10);
    Publication second = add("a", Batching.ALONE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(first);
    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void aBatchHasAtMost64Events() {
    for (int i = 0; i < 65; i++) {
      add("a", Batching.ANY, 10);
    }

    assertThat(take(PLENTY, NOW)).hasSize(64);
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void aBatchHasAtMost64KiB() {
    for (int i = 0; i < 10; i++) {
      add("a", Batching.ANY, 20_000);
    }

    List<Publication> batch = take(PLENTY, NOW);

    assertThat(batch).hasSize(3);
    assertThat(batch.stream().mapToInt(each -> each.encoded().length).sum()).isLessThan(64 * 1024);
  }

  @Test
  void anEventLargerThanABatchIsAMessageOfItsOwn() {
    Publication large = add("a", Batching.ANY, 100_000);
    add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(large);
  }

  @Test
  void anEventLargerThanTheRoomIsNotTaken() {
    add("a", Batching.ANY, 5_000);

    assertThat(take(4_000, NOW)).isEmpty();
    assertThat(take(PLENTY, NOW)).hasSize(1);
  }

  @Test
  void theRestOfALaneWaitsBehindOtherLanes() {
    for (int i = 0; i < 65; i++) {
      add("a", Batching.ANY, 10);
    }
    Publication other = add("b", Batching.ANY, 10);

    take(PLENTY, NOW);

    assertThat(take(PLENTY, NOW)).containsExactly(other);
  }

  @Test
  void removeIfRemovesWhatMatches() {
    add("a", Batching.ANY, 10);
    Publication kept = add("b", Batching.ANY, 10);

    assertThat(queue.removeIf(each -> each.routingKey().equals("a"))).hasSize(1);
    assertThat(queue.size()).isEqualTo(1);
    assertThat(take(PLENTY, NOW)).containsExactly(kept);
  }

  @Test
  void publicationsWaitForTheConfirmOfAnUnconfirmedMessage() {
    Publication first = add("a", Batching.ANY, 10);
    take(PLENTY, NOW);
    Publication second = add("a", Batching.ANY, 10);
    Publication third = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).isEmpty();
    assertThat(queue.nanosToNext(NOW)).isEqualTo(HELD);

    queue.onConfirmed(first.key(), NOW);

    assertThat(queue.nanosToNext(NOW)).isZero();
    assertThat(take(PLENTY, NOW)).containsExactly(second, third);
  }

  @Test
  void publicationsWaitForAConfirmForAtMostTheMaxHold() {
    add("a", Batching.ANY, 10);
    take(PLENTY, NOW);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW + HELD - 1)).isEmpty();
    assertThat(take(PLENTY, NOW + HELD)).containsExactly(second);
  }

  @Test
  void publicationsThatFillAMessageDoNotWaitForAConfirm() {
    add("a", Batching.ANY, 10);
    take(PLENTY, NOW);
    for (int i = 0; i < 63; i++) {
      add("a", Batching.ANY, 10);
    }
    assertThat(take(PLENTY, NOW)).isEmpty();

    add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).hasSize(64);
  }

  @Test
  void otherLanesDoNotWaitForTheConfirm() {
    add("a", Batching.ANY, 10);
    take(PLENTY, NOW);
    Publication other = add("b", Batching.ANY, 10);
    Publication alone = add("a", Batching.ALONE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(other);
    assertThat(take(PLENTY, NOW)).containsExactly(alone);
  }

  @Test
  void acksLetOthersGoFirst() {
    Publication ack = ack("a");
    queue.add(ack, NOW);
    Publication request = add("a", Batching.REPEATABLE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(request);
    assertThat(take(PLENTY, NOW)).containsExactly(ack);
  }

  @Test
  void acksLetOthersGoFirstForAtMostTheMaxHold() {
    Publication ack = ack("a");
    queue.add(ack, NOW);
    add("a", Batching.ALONE, 10);
    add("a", Batching.ALONE, 10);

    take(PLENTY, NOW + HELD - 1);
    take(PLENTY, NOW + HELD);

    assertThat(take(PLENTY, NOW + HELD)).containsExactly(ack);
  }

  @Test
  void unhurriedPublicationsWaitForOthers() {
    Publication first = add("a", Batching.UNHURRIED, 10);
    Publication second = add("a", Batching.UNHURRIED, 10);

    assertThat(take(PLENTY, NOW + UNHURRIED_HELD - 1)).isEmpty();
    assertThat(queue.nanosToNext(NOW)).isEqualTo(UNHURRIED_HELD);
    assertThat(take(PLENTY, NOW + UNHURRIED_HELD)).containsExactly(first, second);
  }

  @Test
  void unhurriedPublicationsThatFillAMessageDoNotWait() {
    List<Publication> all = new ArrayList<>();
    for (int i = 0; i < BatchQueue.MAX_BATCH_EVENTS; i++) {
      assertThat(take(PLENTY, NOW)).isEmpty();
      all.add(add("a", Batching.UNHURRIED, 10));
    }

    assertThat(take(PLENTY, NOW)).containsExactlyElementsOf(all);
  }

  @Test
  void unhurriedAcksDoNotDelayOtherAcks() {
    List<Publication> unhurried = new ArrayList<>();
    for (int i = 0; i < BatchQueue.MAX_BATCH_EVENTS; i++) {
      unhurried.add(ack("a").batched(Batching.UNHURRIED));
      queue.add(unhurried.get(i), NOW);
    }
    Publication behind = ack("b");
    queue.add(behind, NOW);
    add("a", Batching.ALONE, 10);
    add("a", Batching.ALONE, 10);
    add("a", Batching.ALONE, 10);

    take(PLENTY, NOW + HELD);

    assertThat(take(PLENTY, NOW + HELD)).containsExactlyElementsOf(unhurried);
    assertThat(take(PLENTY, NOW + HELD)).containsExactly(behind);
  }

  @Test
  void unhurriedPublicationsStillWaitAfterALostConnection() {
    Publication resting = add("a", Batching.UNHURRIED, 10);
    Publication other = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(other);
    queue.onConnectionLost();

    assertThat(take(PLENTY, NOW)).isEmpty();
    assertThat(take(PLENTY, NOW + UNHURRIED_HELD)).containsExactly(resting);
  }

  @Test
  void afterALostConnectionRequeuedPublicationsKeepTheirOrder() {
    Publication first = add("a", Batching.ANY, 10);
    List<Publication> lost = take(PLENTY, NOW);
    Publication second = add("a", Batching.ANY, 10);

    queue.onConnectionLost();
    queue.requeue(lost, NOW);

    assertThat(take(PLENTY, NOW)).containsExactly(first, second);
    queue.onConfirmed(first.key(), NOW);
    assertThat(queue.nanosToNext(NOW)).as("nothing left").isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void addReportsNewWorkOnce() {
    assertThat(queue.add(publication("a", Batching.ANY, 10), NOW)).isTrue();
    assertThat(queue.add(publication("a", Batching.ANY, 10), NOW)).isFalse();
    take(PLENTY, NOW);
    assertThat(queue.add(publication("a", Batching.ANY, 10), NOW)).as("a time to wait").isTrue();
    assertThat(queue.add(publication("a", Batching.ANY, 10), NOW)).isFalse();
  }

  /** With more messages for a slow queue, RabbitMQ would stop reading the channel. */
  @Test
  void theUnconfirmedMessagesOfATenantAreLimited() {
    fillInboxesOf("acme");
    Publication more = addError("acme.more-abcdef");
    Publication others = addError("other.one-abcdef");
    Publication shared = add("a", Batching.ALONE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(others);
    assertThat(take(PLENTY, NOW)).containsExactly(shared);
    assertThat(take(PLENTY, NOW + HELD)).isEmpty();
    assertThat(queue.nanosToNext(NOW)).as("waits for a confirm").isEqualTo(Long.MAX_VALUE);

    queue.onConfirmed(others.key(), NOW);
    assertThat(take(PLENTY, NOW)).as("another tenant's confirm").isEmpty();
    queue.onConfirmed(errorTo(inboxOf("acme", 0)).key(), NOW);
    assertThat(take(PLENTY, NOW)).containsExactly(more);
  }

  @Test
  void theInboxesOfOneTenantTakeTurns() {
    fillInboxesOf("acme");
    Publication first = addError("acme.first-abcdef");
    Publication second = addError("acme.second-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();
    Publication behindFirst = addError("acme.first-abcdef");

    queue.onConfirmed(errorTo(inboxOf("acme", 0)).key(), NOW);
    assertThat(take(PLENTY, NOW)).containsExactly(first, behindFirst);
    assertThat(take(PLENTY, NOW)).isEmpty();
    queue.onConfirmed(errorTo(inboxOf("acme", 1)).key(), NOW);
    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void aPublicationThatWaitsForItsTenantsConfirmsCanBeRemoved() {
    fillInboxesOf("acme");
    Publication gone = addError("acme.gone-abcdef");
    Publication kept = addError("acme.kept-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();

    assertThat(queue.remove(gone)).isTrue();
    queue.onConfirmed(errorTo(inboxOf("acme", 0)).key(), NOW);

    assertThat(take(PLENTY, NOW)).containsExactly(kept);
  }

  @Test
  void afterALostConnectionNoTenantHasUnconfirmedMessages() {
    fillInboxesOf("acme");
    Publication more = addError("acme.more-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();

    queue.onConnectionLost();

    assertThat(take(PLENTY, NOW)).containsExactly(more);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void aTenantIsStuckWhenOthersGetConfirmsForASecondLonger() {
    fillInboxesOf("acme");
    Publication more = addError("acme.more-abcdef");
    Publication others = addError("other.one-abcdef");
    long stuck = BatchQueue.STUCK_AFTER.toNanos();
    assertThat(take(PLENTY, NOW)).containsExactly(others);
    queue.onConfirmed(others.key(), NOW + stuck - 1);
    assertThat(queue.removeStuck()).isEmpty();

    addError("other.one-abcdef");
    take(PLENTY, NOW);
    queue.onConfirmed(others.key(), NOW + stuck);

    assertThat(queue.isStuck(others)).isFalse();
    assertThat(queue.isStuck(errorTo("acme.new-abcdef"))).isTrue();
    assertThat(queue.removeStuck()).containsExactly(more);
    queue.onConfirmed(errorTo(inboxOf("acme", 0)).key(), NOW + stuck);
    assertThat(queue.isStuck(more)).isFalse();
  }

  @Test
  void aTenantAtItsLimitIsStuckUntilAGivenUpMessageIsConfirmed() {
    fillInboxesOf("acme");
    BatchKey givenUp = errorTo(inboxOf("acme", 0)).key();
    queue.onGivenUp(givenUp);
    assertThat(queue.isStuck(errorTo("acme.new-abcdef"))).isTrue();

    queue.onGivenUpConfirmed(givenUp, NOW);

    assertThat(queue.isStuck(errorTo("acme.new-abcdef"))).isFalse();
  }

  @Test
  void thePlaceOfARemovedPublicationGoesToTheNextLane() {
    fillInboxesOf("acme");
    Publication first = addError("acme.first-abcdef");
    Publication second = addError("acme.second-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();
    queue.onConfirmed(errorTo(inboxOf("acme", 0)).key(), NOW);

    queue.remove(first);

    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void theTenantIsReadFromTheRoutingKey() {
    assertThat(Topology.tenantOf("broker_response", "acme.laptop-abcdef")).isEqualTo("acme");
    assertThat(Topology.tenantOf("broker_request", "orders.plant.one-abcdef")).isEqualTo("plant");
    assertThat(Topology.tenantOf("broker_hello", "")).isEqualTo(Topology.NO_TENANT);
    assertThat(Topology.tenantOf("upstream_heartbeat", "orders.plant.one-abcdef"))
        .as("goes to every broker")
        .isEqualTo(Topology.NO_TENANT);
    assertThat(Topology.tenantOf("client_cancel", "broker.one-abcdef"))
        .isEqualTo(Topology.NO_TENANT);
    assertThat(Topology.tenantOf("client_request", "orders.acme.laptop-abcdef"))
        .isEqualTo(Topology.NO_TENANT);
  }

  private void fillInboxesOf(String user) {
    for (int i = 0; i < BatchQueue.MAX_UNCONFIRMED_PER_TENANT; i++) {
      Publication each = addError(inboxOf(user, i));
      assertThat(take(PLENTY, NOW)).containsExactly(each);
    }
  }

  private static String inboxOf(String user, int number) {
    return user + ".inbox" + number + "-abcdef";
  }

  private Publication addError(String key) {
    Publication error = errorTo(key);
    queue.add(error, NOW);
    return error;
  }

  private static Publication errorTo(String key) {
    return Publication.of(
        new Event.BrokerError(UUID.randomUUID(), UUID.randomUUID(), NOT_RUN), key, 0);
  }

  private Publication add(String key, Batching batching, int bodyBytes) {
    Publication publication = publication(key, batching, bodyBytes);
    queue.add(publication, NOW);
    return publication;
  }

  private static Publication ack(String key) {
    UUID id = UUID.randomUUID();
    return Publication.of(new Event.ClientRequestAck(id, id, CLIENT), key, 0);
  }

  private static Publication publication(String key, Batching batching, int bodyBytes) {
    Request request =
        new Request("t", "PUT", "/", Headers.EMPTY, Body.ofText("x".repeat(bodyBytes)));
    Event event = new Event.ClientRequest(CLIENT, UUID.randomUUID(), 1, request);
    return Publication.of(event, key, 0).batched(batching);
  }

  @Test
  void publicationsWithoutAChannelWaitUntilOneIsAvailable() {
    Publication waits = addError("acme.one-abcdef");
    Publication more = addError("acme.two-abcdef");
    Publication goes = addError("plant.one-abcdef");

    assertThat(queue.take(PLENTY, NOW, "plant"::equals)).containsExactly(goes);
    assertThat(queue.take(PLENTY, NOW, "plant"::equals)).isEmpty();
    assertThat(queue.nanosToNext(NOW)).isEqualTo(Long.MAX_VALUE);
    assertThat(queue.size()).isEqualTo(2);

    queue.onChannelAvailable();
    assertThat(take(PLENTY, NOW)).containsExactly(waits);
    assertThat(take(PLENTY, NOW)).containsExactly(more);
  }

  @Test
  void aPublicationThatWaitsForAChannelCanBeRemoved() {
    Publication waits = addError("acme.one-abcdef");
    assertThat(queue.take(PLENTY, NOW, tenant -> false)).isEmpty();

    assertThat(queue.remove(waits)).isTrue();

    queue.onChannelAvailable();
    assertThat(take(PLENTY, NOW)).isEmpty();
    assertThat(queue.isEmpty()).isTrue();
  }

  private List<Publication> take(long room, long now) {
    return queue.take(room, now, tenant -> true);
  }
}
