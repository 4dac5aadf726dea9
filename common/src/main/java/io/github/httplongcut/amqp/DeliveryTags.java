package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;

/**
 * Combines acks of single deliveries into as few {@code basic.ack} methods as possible. Acks one
 * tag with {@code multiple} once every delivery up to this tag is acked or rejected. For one
 * channel and one thread.
 */
final class DeliveryTags {

  /** A {@code basic.ack} of this tag, or with {@code multiple} of all tags up to this one. */
  record Ack(long tag, boolean multiple) {}

  /** Highest tag up to which every delivery is acked or rejected. */
  private long handledUpTo;

  /** Acked or rejected tags above {@link #handledUpTo}. */
  private final TreeSet<Long> handledAboveGap = new TreeSet<>();

  /** Notes that these deliveries were rejected, so that they need no ack. */
  void markRejected(List<Long> tags) {
    handledAboveGap.addAll(tags);
    advance();
  }

  /** Returns the {@code basic.ack} methods that ack these deliveries, in the order of writing. */
  List<Ack> ack(List<Long> tags) {
    if (tags.isEmpty()) {
      return List.of();
    }
    List<Long> sorted = new ArrayList<>(tags);
    Collections.sort(sorted);
    handledAboveGap.addAll(sorted);
    advance();
    long highestCovered = 0;
    int covered = 0;
    for (long tag : sorted) {
      if (tag <= handledUpTo) {
        highestCovered = tag;
        covered++;
      }
    }
    List<Ack> acks = new ArrayList<>(1 + sorted.size() - covered);
    if (covered > 0) {
      acks.add(new Ack(highestCovered, covered > 1));
    }
    for (long tag : sorted.subList(covered, sorted.size())) {
      acks.add(new Ack(tag, false));
    }
    return acks;
  }

  private void advance() {
    while (!handledAboveGap.isEmpty() && handledAboveGap.first() == handledUpTo + 1) {
      handledUpTo = handledAboveGap.pollFirst();
    }
  }
}
