package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.Consumers.ActiveConsumer;
import io.github.httplongcut.amqp.Consumers.Change;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConsumersTest {

  private final Consumers consumers = new Consumers();

  @Test
  void aWantedQueueIsConsumedOnce() {
    consumers.want("requests", 32);

    assertThat(consumers.areChangesDue()).isTrue();
    assertThat(consumers.takeChanges()).containsExactly(start("requests", 32));
    assertThat(consumers.areChangesDue()).isFalse();
    assertThat(consumers.takeChanges()).isEmpty();
  }

  /**
   * A cancel can cost requests: a quorum queue counts messages as delivered even if they were still
   * on their way to the cancelled consumer.
   */
  @Test
  void aLargerPrefetchAddsAConsumerAndCancelsNone() {
    wantAndTake(32);
    consumers.want("requests", 2_000);
    consumers.want("orphan", 20);

    assertThat(consumers.takeChanges())
        .containsExactly(
            start("requests.2", 1_968),
            new Change("orphan", Optional.of(new ActiveConsumer("orphan", 20)), List.of()));
    consumers.want("requests", 2_000);
    assertThat(consumers.areChangesDue()).isFalse();
  }

  @Test
  void aSmallerPrefetchReplacesAllConsumersByOne() {
    wantAndTake(32);
    wantAndTake(2_000);
    consumers.want("requests", 50);

    assertThat(consumers.takeChanges())
        .containsExactly(
            new Change(
                "requests",
                Optional.of(new ActiveConsumer("requests.3", 50)),
                List.of("requests", "requests.2")));
  }

  @Test
  void aPausedQueueIsConsumedAgainWhenRequested() {
    wantAndTake(32);
    consumers.want("requests", 0);
    assertThat(consumers.takeChanges())
        .containsExactly(new Change("requests", Optional.empty(), List.of("requests")));

    consumers.want("requests", 32);
    assertThat(consumers.takeChanges()).containsExactly(start("requests.2", 32));
  }

  @Test
  void aQueueThatIsNotConsumedNeedsNoCancel() {
    consumers.want("requests", 0);

    assertThat(consumers.areChangesDue()).isFalse();
  }

  private void wantAndTake(int prefetch) {
    consumers.want("requests", prefetch);
    assertThat(consumers.takeChanges()).hasSize(1);
  }

  private static Change start(String tag, int prefetch) {
    return new Change("requests", Optional.of(new ActiveConsumer(tag, prefetch)), List.of());
  }
}
