package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.DeliveryTags.Ack;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DeliveryTagsTest {

  private final DeliveryTags tags = new DeliveryTags();

  @Test
  void oneDeliveryIsAckedAlone() {
    assertThat(tags.ack(List.of(1L))).containsExactly(new Ack(1, false));
  }

  @Test
  void deliveriesWithoutAGapAreOneAck() {
    assertThat(tags.ack(List.of(3L, 1L, 2L))).containsExactly(new Ack(3, true));
  }

  @Test
  void deliveriesAfterAGapAreAckedOneByOne() {
    assertThat(tags.ack(List.of(2L, 3L))).containsExactly(new Ack(2, false), new Ack(3, false));
    assertThat(tags.ack(List.of(1L))).containsExactly(new Ack(1, false));
    assertThat(tags.ack(List.of(4L, 5L))).containsExactly(new Ack(5, true));
  }

  @Test
  void aRejectionClosesAGap() {
    tags.markRejected(List.of(1L));

    assertThat(tags.ack(List.of(2L, 3L))).containsExactly(new Ack(3, true));
  }

  /**
   * Checks against a model of RabbitMQ, which closes the channel after an ack of an unknown tag.
   */
  @Test
  void onlyTheGivenDeliveriesAreAckedAndOnlyOnce() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      DeliveryTags tags = new DeliveryTags();
      List<Long> open = new ArrayList<>();
      TreeSet<Long> outstanding = new TreeSet<>();
      for (long tag = 1; tag <= 100; tag++) {
        open.add(tag);
        outstanding.add(tag);
      }
      Collections.shuffle(open, random);
      while (!open.isEmpty()) {
        List<Long> some = open.subList(0, 1 + random.nextInt(Math.min(9, open.size())));
        TreeSet<Long> expected = new TreeSet<>(outstanding);
        some.forEach(expected::remove);
        if (random.nextInt(5) == 0) {
          some.forEach(outstanding::remove);
          tags.markRejected(List.copyOf(some));
        } else {
          for (Ack ack : tags.ack(List.copyOf(some))) {
            assertThat(outstanding).as("seed %d", seed).contains(ack.tag());
            if (ack.multiple()) {
              outstanding.headSet(ack.tag(), true).clear();
            } else {
              outstanding.remove(ack.tag());
            }
          }
        }
        assertThat(outstanding).as("seed %d", seed).isEqualTo(expected);
        some.clear();
      }
    }
  }
}
