package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.Publication.BatchKey;
import io.github.httplongcut.amqp.Publication.Batching;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BatchQueueTest {

  private static final ProcessId CLIENT = ProcessId.parse("acme.laptop-abcdef");
  private static final EventError NOT_RUN = new EventError(Failure.NOT_RUN, "", Hop.BROKER);
  private static final long PLENTY = Long.MAX_VALUE;
  private static final long NOW = Long.MAX_VALUE - 10; // the clock may overflow
  private static final long HELD = BatchQueue.HOLD.toNanos();
  private static final long RESTED = BatchQueue.REST.toNanos();

  private final BatchQueue outbox = new BatchQueue();

  @Test
  void whatGoesTheSameWayIsOneMessageInOrder() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(first, second);
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void anotherKeyIsAnotherMessage() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("b", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(first);
    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void whatIsTakenOutIsNotWritten() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(outbox.remove(first)).isTrue();
    assertThat(outbox.remove(first)).isFalse();

    assertThat(outbox.size()).isOne();
    assertThat(take(PLENTY, NOW)).containsExactly(second);
    assertThat(outbox.remove(second)).isFalse();
  }

  @Test
  void aLaneIsGoneWithItsLastPublication() {
    outbox.remove(add("a", Batching.ANY, 10));
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
  void whatGoesAloneGoesAlone() {
    Publication first = add("a", Batching.ALONE, 10);
    Publication second = add("a", Batching.ALONE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(first);
    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void aBatchHas64EventsAtTheMost() {
    for (int i = 0; i < 65; i++) {
      add("a", Batching.ANY, 10);
    }

    assertThat(take(PLENTY, NOW)).hasSize(64);
    assertThat(outbox.size()).isEqualTo(1);
  }

  @Test
  void aBatchHas64KiBAtTheMost() {
    for (int i = 0; i < 10; i++) {
      add("a", Batching.ANY, 20_000);
    }

    List<Publication> batch = take(PLENTY, NOW);

    assertThat(batch).hasSize(3);
    assertThat(batch.stream().mapToInt(each -> each.encoded().length).sum()).isLessThan(64 * 1024);
  }

  @Test
  void aLargerEventGoesAlone() {
    Publication large = add("a", Batching.ANY, 100_000);
    add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(large);
  }

  @Test
  void nothingIsTakenThatHasNoRoom() {
    add("a", Batching.ANY, 5_000);

    assertThat(take(4_000, NOW)).isEmpty();
    assertThat(take(PLENTY, NOW)).hasSize(1);
  }

  @Test
  void theRestOfALaneWaitsBehindTheOthers() {
    for (int i = 0; i < 65; i++) {
      add("a", Batching.ANY, 10);
    }
    Publication other = add("b", Batching.ANY, 10);

    take(PLENTY, NOW);

    assertThat(take(PLENTY, NOW)).containsExactly(other);
  }

  @Test
  void whatIsRemovedIsGone() {
    add("a", Batching.ANY, 10);
    Publication kept = add("b", Batching.ANY, 10);

    assertThat(outbox.removeIf(each -> each.routingKey().equals("a"))).hasSize(1);
    assertThat(outbox.size()).isEqualTo(1);
    assertThat(take(PLENTY, NOW)).containsExactly(kept);
  }

  @Test
  void whatComesWhileAMessageIsUnderWayWaitsForItsConfirm() {
    Publication first = add("a", Batching.ANY, 10);
    take(PLENTY, NOW);
    Publication second = add("a", Batching.ANY, 10);
    Publication third = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).isEmpty();
    assertThat(outbox.nanosToNext(NOW)).isEqualTo(HELD);

    outbox.confirmed(first.key(), NOW);

    assertThat(outbox.nanosToNext(NOW)).isZero();
    assertThat(take(PLENTY, NOW)).containsExactly(second, third);
  }

  @Test
  void theConfirmIsNotWaitedForLong() {
    add("a", Batching.ANY, 10);
    take(PLENTY, NOW);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW + HELD - 1)).isEmpty();
    assertThat(take(PLENTY, NOW + HELD)).containsExactly(second);
  }

  @Test
  void whatFillsAMessageWaitsForNoConfirm() {
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
  void whatGoesAnotherWayDoesNotWait() {
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
    outbox.add(ack, NOW);
    Publication request = add("a", Batching.REPEATABLE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(request);
    assertThat(take(PLENTY, NOW)).containsExactly(ack);
  }

  @Test
  void acksDoNotLetThemGoFirstForEver() {
    Publication ack = ack("a");
    outbox.add(ack, NOW);
    add("a", Batching.ALONE, 10);
    add("a", Batching.ALONE, 10);

    take(PLENTY, NOW + HELD - 1);
    take(PLENTY, NOW + HELD);

    assertThat(take(PLENTY, NOW + HELD)).containsExactly(ack);
  }

  @Test
  void whatIsUnhurriedWaitsForItsNeighbours() {
    Publication first = add("a", Batching.UNHURRIED, 10);
    Publication second = add("a", Batching.UNHURRIED, 10);

    assertThat(take(PLENTY, NOW + RESTED - 1)).isEmpty();
    assertThat(outbox.nanosToNext(NOW)).isEqualTo(RESTED);
    assertThat(take(PLENTY, NOW + RESTED)).containsExactly(first, second);
  }

  @Test
  void whatIsUnhurriedGoesOnceItFillsAMessage() {
    List<Publication> all = new ArrayList<>();
    for (int i = 0; i < BatchQueue.MAX_EVENTS; i++) {
      assertThat(take(PLENTY, NOW)).isEmpty();
      all.add(add("a", Batching.UNHURRIED, 10));
    }

    assertThat(take(PLENTY, NOW)).containsExactlyElementsOf(all);
  }

  @Test
  void whatHasRestedHoldsUpNoOtherAck() {
    List<Publication> rested = new ArrayList<>();
    for (int i = 0; i < BatchQueue.MAX_EVENTS; i++) {
      rested.add(ack("a").batched(Batching.UNHURRIED));
      outbox.add(rested.get(i), NOW);
    }
    Publication behind = ack("b");
    outbox.add(behind, NOW);
    add("a", Batching.ALONE, 10);
    add("a", Batching.ALONE, 10);
    add("a", Batching.ALONE, 10);

    take(PLENTY, NOW + HELD);

    assertThat(take(PLENTY, NOW + HELD)).containsExactlyElementsOf(rested);
    assertThat(take(PLENTY, NOW + HELD)).containsExactly(behind);
  }

  @Test
  void whatRestsDoesNotKeepOthersAndSurvivesTheConnection() {
    Publication resting = add("a", Batching.UNHURRIED, 10);
    Publication other = add("a", Batching.ANY, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(other);
    outbox.forgetUnconfirmed();

    assertThat(take(PLENTY, NOW)).isEmpty();
    assertThat(take(PLENTY, NOW + RESTED)).containsExactly(resting);
  }

  @Test
  void withTheConnectionNothingIsUnderWayAnyMore() {
    Publication first = add("a", Batching.ANY, 10);
    List<Publication> lost = take(PLENTY, NOW);
    Publication second = add("a", Batching.ANY, 10);

    outbox.forgetUnconfirmed();
    outbox.giveBack(lost, NOW);

    assertThat(take(PLENTY, NOW)).containsExactly(first, second);
    outbox.confirmed(first.key(), NOW);
    assertThat(outbox.nanosToNext(NOW)).as("nothing left").isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whoeverHasSomethingToWriteIsWokenOnce() {
    assertThat(outbox.add(publication("a", Batching.ANY, 10), NOW)).isTrue();
    assertThat(outbox.add(publication("a", Batching.ANY, 10), NOW)).isFalse();
    take(PLENTY, NOW);
    assertThat(outbox.add(publication("a", Batching.ANY, 10), NOW)).as("a time to wait").isTrue();
    assertThat(outbox.add(publication("a", Batching.ANY, 10), NOW)).isFalse();
  }

  /** Whose queue takes its time may have so much under way that RabbitMQ reads on, and no more. */
  @Test
  void oneUserHasSoManyMessagesUnderWayAndNoMore() {
    fillInboxesOf("acme");
    Publication more = addError("acme.more-abcdef");
    Publication others = addError("other.one-abcdef");
    Publication shared = add("a", Batching.ALONE, 10);

    assertThat(take(PLENTY, NOW)).containsExactly(others);
    assertThat(take(PLENTY, NOW)).containsExactly(shared);
    assertThat(take(PLENTY, NOW + HELD)).isEmpty();
    assertThat(outbox.nanosToNext(NOW)).as("waits for a confirm").isEqualTo(Long.MAX_VALUE);

    outbox.confirmed(others.key(), NOW);
    assertThat(take(PLENTY, NOW)).as("somebody else's confirm").isEmpty();
    outbox.confirmed(errorTo(inboxOf("acme", 0)).key(), NOW);
    assertThat(take(PLENTY, NOW)).containsExactly(more);
  }

  @Test
  void theInboxesOfOneUserWaitTheirTurn() {
    fillInboxesOf("acme");
    Publication first = addError("acme.first-abcdef");
    Publication second = addError("acme.second-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();
    Publication behindFirst = addError("acme.first-abcdef");

    outbox.confirmed(errorTo(inboxOf("acme", 0)).key(), NOW);
    assertThat(take(PLENTY, NOW)).containsExactly(first, behindFirst);
    assertThat(take(PLENTY, NOW)).isEmpty();
    outbox.confirmed(errorTo(inboxOf("acme", 1)).key(), NOW);
    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  @Test
  void whatWaitsForItsUsersOtherMessagesCanBeTakenOut() {
    fillInboxesOf("acme");
    Publication gone = addError("acme.gone-abcdef");
    Publication kept = addError("acme.kept-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();

    assertThat(outbox.remove(gone)).isTrue();
    outbox.confirmed(errorTo(inboxOf("acme", 0)).key(), NOW);

    assertThat(take(PLENTY, NOW)).containsExactly(kept);
  }

  @Test
  void withTheConnectionNobodyHasAnythingUnderWay() {
    fillInboxesOf("acme");
    Publication more = addError("acme.more-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();

    outbox.forgetUnconfirmed();

    assertThat(take(PLENTY, NOW)).containsExactly(more);
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void whoIsStuckIsToldByTheConfirmsOfOthers() {
    fillInboxesOf("acme");
    Publication more = addError("acme.more-abcdef");
    Publication others = addError("other.one-abcdef");
    long stuck = BatchQueue.STUCK_AFTER.toNanos();
    assertThat(take(PLENTY, NOW)).containsExactly(others);
    outbox.confirmed(others.key(), NOW + stuck - 1);
    assertThat(outbox.removeStuck()).isEmpty();

    addError("other.one-abcdef");
    take(PLENTY, NOW);
    outbox.confirmed(others.key(), NOW + stuck);

    assertThat(outbox.isStuck(others)).isFalse();
    assertThat(outbox.isStuck(errorTo("acme.new-abcdef"))).isTrue();
    assertThat(outbox.removeStuck()).containsExactly(more);
    outbox.confirmed(errorTo(inboxOf("acme", 0)).key(), NOW + stuck);
    assertThat(outbox.isStuck(more)).isFalse();
  }

  @Test
  void aUserWhoseMessagesWereGivenUpIsStuckUntilAWordComes() {
    fillInboxesOf("acme");
    BatchKey givenUp = errorTo(inboxOf("acme", 0)).key();
    outbox.gaveUp(givenUp);
    assertThat(outbox.isStuck(errorTo("acme.new-abcdef"))).isTrue();

    outbox.confirmedLate(givenUp, NOW);

    assertThat(outbox.isStuck(errorTo("acme.new-abcdef"))).isFalse();
  }

  @Test
  void aPlaceThatIsNotUsedIsTheNextOnes() {
    fillInboxesOf("acme");
    Publication first = addError("acme.first-abcdef");
    Publication second = addError("acme.second-abcdef");
    assertThat(take(PLENTY, NOW)).isEmpty();
    outbox.confirmed(errorTo(inboxOf("acme", 0)).key(), NOW);

    outbox.remove(first);

    assertThat(take(PLENTY, NOW)).containsExactly(second);
  }

  /** The agents of one target too are those of their user. */
  @Test
  void theUserOfAnInboxIsReadFromItsKey() {
    assertThat(Topology.ownerOf("broker_response", "acme.laptop-abcdef")).isEqualTo("acme");
    assertThat(Topology.ownerOf("broker_request", "orders.plant.one-abcdef")).isEqualTo("plant");
    assertThat(Topology.ownerOf("broker_hello", "")).isEqualTo(Topology.NOBODY);
    assertThat(Topology.ownerOf("upstream_heartbeat", "orders.plant.one-abcdef"))
        .as("it goes to every broker")
        .isEqualTo(Topology.NOBODY);
    assertThat(Topology.ownerOf("client_cancel", "broker.one-abcdef")).isEqualTo(Topology.NOBODY);
    assertThat(Topology.ownerOf("client_request", "orders.acme.laptop-abcdef"))
        .isEqualTo(Topology.NOBODY);
  }

  private void fillInboxesOf(String user) {
    for (int i = 0; i < BatchQueue.MOST_UNCONFIRMED; i++) {
      Publication each = addError(inboxOf(user, i));
      assertThat(take(PLENTY, NOW)).containsExactly(each);
    }
  }

  private static String inboxOf(String user, int number) {
    return user + ".inbox" + number + "-abcdef";
  }

  private Publication addError(String key) {
    Publication error = errorTo(key);
    outbox.add(error, NOW);
    return error;
  }

  private static Publication errorTo(String key) {
    return Publication.of(
        new Event.BrokerError(UUID.randomUUID(), UUID.randomUUID(), NOT_RUN), key, 0);
  }

  private Publication add(String key, Batching batching, int bodyBytes) {
    Publication publication = publication(key, batching, bodyBytes);
    outbox.add(publication, NOW);
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

  /** The link's thread opens one for it meanwhile. */
  @Test
  void whatHasNoChannelStandsAsideUntilThereIsOne() {
    Publication waits = addError("acme.one-abcdef");
    Publication more = addError("acme.two-abcdef");
    Publication goes = addError("plant.one-abcdef");

    assertThat(outbox.take(PLENTY, NOW, "plant"::equals)).containsExactly(goes);
    assertThat(outbox.take(PLENTY, NOW, "plant"::equals)).isEmpty();
    assertThat(outbox.nanosToNext(NOW)).isEqualTo(Long.MAX_VALUE);
    assertThat(outbox.size()).isEqualTo(2);

    outbox.onChannel();
    assertThat(take(PLENTY, NOW)).containsExactly(waits);
    assertThat(take(PLENTY, NOW)).containsExactly(more);
  }

  @Test
  void whatStandsAsideIsTakenOut() {
    Publication waits = addError("acme.one-abcdef");
    assertThat(outbox.take(PLENTY, NOW, owner -> false)).isEmpty();

    assertThat(outbox.remove(waits)).isTrue();

    outbox.onChannel();
    assertThat(take(PLENTY, NOW)).isEmpty();
    assertThat(outbox.isEmpty()).isTrue();
  }

  private List<Publication> take(long room, long now) {
    return outbox.take(room, now, owner -> true);
  }
}
