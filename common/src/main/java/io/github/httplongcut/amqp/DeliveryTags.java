package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;

/**
 * Turns acks of single deliveries into as few {@code basic.ack} as it can: what closes the gap from
 * the first delivery on is one ack with {@code multiple}. For one channel and one thread.
 */
final class DeliveryTags {

  /** A {@code basic.ack}: of that tag, or of all up to it. */
  record Ack(long tag, boolean multiple) {}

  /** All up to here are acked or rejected. */
  private long handledUpTo;

  /** Acked or rejected beyond. */
  private final TreeSet<Long> handled = new TreeSet<>();

  /** These were rejected: RabbitMQ expects no more word of them. */
  void rejected(List<Long> tags) {
    handled.addAll(tags);
    advance();
  }

  /** What to write so that these are acked, in this order. */
  List<Ack> acked(List<Long> tags) {
    if (tags.isEmpty()) {
      return List.of();
    }
    List<Long> sorted = new ArrayList<>(tags);
    Collections.sort(sorted);
    handled.addAll(sorted);
    advance();
    long reach = 0;
    int covered = 0;
    for (long tag : sorted) {
      if (tag <= handledUpTo) {
        reach = tag;
        covered++;
      }
    }
    List<Ack> acks = new ArrayList<>(1 + sorted.size() - covered);
    if (covered > 0) {
      acks.add(new Ack(reach, covered > 1));
    }
    for (long tag : sorted.subList(covered, sorted.size())) {
      acks.add(new Ack(tag, false));
    }
    return acks;
  }

  private void advance() {
    while (!handled.isEmpty() && handled.first() == handledUpTo + 1) {
      handledUpTo = handled.pollFirst();
    }
  }
}
