package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.Publication.Batching;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OutboxTest {

  private static final ProcessId CLIENT = ProcessId.parse("acme.laptop-abcdef");
  private static final long PLENTY = Long.MAX_VALUE;

  private final Outbox outbox = new Outbox();

  @Test
  void whatGoesTheSameWayIsOneMessageInOrder() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(outbox.take(PLENTY)).containsExactly(first, second);
    assertThat(outbox.isEmpty()).isTrue();
  }

  @Test
  void anotherKeyIsAnotherMessage() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("b", Batching.ANY, 10);

    assertThat(outbox.take(PLENTY)).containsExactly(first);
    assertThat(outbox.take(PLENTY)).containsExactly(second);
  }

  @Test
  void whatIsTakenOutIsNotWritten() {
    Publication first = add("a", Batching.ANY, 10);
    Publication second = add("a", Batching.ANY, 10);

    assertThat(outbox.remove(first)).isTrue();
    assertThat(outbox.remove(first)).isFalse();

    assertThat(outbox.size()).isOne();
    assertThat(outbox.take(PLENTY)).containsExactly(second);
    assertThat(outbox.remove(second)).isFalse();
  }

  @Test
  void aLaneIsGoneWithItsLastPublication() {
    outbox.remove(add("a", Batching.ANY, 10));
    Publication other = add("b", Batching.ANY, 10);

    assertThat(outbox.take(PLENTY)).containsExactly(other);
  }

  @Test
  void repeatableRequestsAreNeverMixedWithOthers() {
    Publication repeatable = add("a", Batching.REPEATABLE, 10);
    Publication other = add("a", Batching.NOT_REPEATABLE, 10);

    assertThat(outbox.take(PLENTY)).containsExactly(repeatable);
    assertThat(outbox.take(PLENTY)).containsExactly(other);
  }

  @Test
  void whatGoesAloneGoesAlone() {
    Publication first = add("a", Batching.ALONE, 10);
    Publication second = add("a", Batching.ALONE, 10);

    assertThat(outbox.take(PLENTY)).containsExactly(first);
    assertThat(outbox.take(PLENTY)).containsExactly(second);
  }

  @Test
  void aBatchHas64EventsAtTheMost() {
    for (int i = 0; i < 65; i++) {
      add("a", Batching.ANY, 10);
    }

    assertThat(outbox.take(PLENTY)).hasSize(64);
    assertThat(outbox.size()).isEqualTo(1);
  }

  @Test
  void aBatchHas64KiBAtTheMost() {
    for (int i = 0; i < 10; i++) {
      add("a", Batching.ANY, 20_000);
    }

    List<Publication> batch = outbox.take(PLENTY);

    assertThat(batch).hasSize(3);
    assertThat(batch.stream().mapToInt(each -> each.encoded().length).sum()).isLessThan(64 * 1024);
  }

  @Test
  void aLargerEventGoesAlone() {
    Publication large = add("a", Batching.ANY, 100_000);
    add("a", Batching.ANY, 10);

    assertThat(outbox.take(PLENTY)).containsExactly(large);
  }

  @Test
  void nothingIsTakenThatHasNoRoom() {
    add("a", Batching.ANY, 5_000);

    assertThat(outbox.take(4_000)).isEmpty();
    assertThat(outbox.take(PLENTY)).hasSize(1);
  }

  @Test
  void theRestOfALaneWaitsBehindTheOthers() {
    for (int i = 0; i < 65; i++) {
      add("a", Batching.ANY, 10);
    }
    Publication other = add("b", Batching.ANY, 10);

    outbox.take(PLENTY);

    assertThat(outbox.take(PLENTY)).containsExactly(other);
  }

  @Test
  void whatIsRemovedIsGone() {
    add("a", Batching.ANY, 10);
    Publication kept = add("b", Batching.ANY, 10);

    assertThat(outbox.removeIf(each -> each.routingKey().equals("a"))).hasSize(1);
    assertThat(outbox.size()).isEqualTo(1);
    assertThat(outbox.take(PLENTY)).containsExactly(kept);
  }

  private Publication add(String key, Batching batching, int bodyBytes) {
    Request request =
        new Request("t", "PUT", "/", Headers.EMPTY, Body.ofText("x".repeat(bodyBytes)));
    Event event = new Event.ClientRequest(CLIENT, UUID.randomUUID(), 1, request);
    Publication publication = Publication.of(event, key, 0).batched(batching);
    outbox.add(publication);
    return publication;
  }
}
