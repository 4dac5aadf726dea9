package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The consumers of one channel: those that are wanted and those that there are. {@code basic.qos}
 * changes no running consumer, so a queue gets another prefetch by another consumer, which begins
 * before the old one is cancelled. Guarded by the caller's lock.
 */
final class Consumers {

  /**
   * A step that brings a queue's consumers from what they are to what is wanted.
   *
   * @param begins the consumer that begins, first; empty if none is wanted
   * @param ends tag of the consumer that is cancelled; empty if there is none
   */
  record Change(String queue, Optional<Active> begins, Optional<String> ends) {}

  /**
   * A consumer.
   *
   * @param tag unique on its channel, and readable in RabbitMQ's management UI
   */
  record Active(String tag, int prefetch) {}

  private final Map<String, Integer> wanted = new LinkedHashMap<>();
  private final Map<String, Active> active = new LinkedHashMap<>();
  private final Map<String, Integer> begun = new LinkedHashMap<>();

  /**
   * Wants the queue to be consumed.
   *
   * @param prefetch how many messages may be unacked; 0: no consumer
   */
  void want(String queue, int prefetch) {
    wanted.put(queue, prefetch);
  }

  /** Returns whether {@link #takeChanges} has something to say. */
  boolean areChangesDue() {
    return wanted.entrySet().stream().anyMatch(each -> isDue(each.getKey(), each.getValue()));
  }

  private boolean isDue(String queue, int prefetch) {
    Active now = active.get(queue);
    return now == null ? prefetch > 0 : now.prefetch != prefetch;
  }

  /** Returns what is to be changed, and counts it as done. */
  List<Change> takeChanges() {
    List<Change> changes = new ArrayList<>();
    wanted.forEach(
        (queue, prefetch) -> {
          if (isDue(queue, prefetch)) {
            changes.add(change(queue, prefetch));
          }
        });
    return changes;
  }

  private Change change(String queue, int prefetch) {
    Optional<String> ends = Optional.ofNullable(active.remove(queue)).map(Active::tag);
    Optional<Active> begins = Optional.empty();
    if (prefetch > 0) {
      int number = begun.merge(queue, 1, Integer::sum);
      begins = Optional.of(new Active(number == 1 ? queue : queue + "." + number, prefetch));
      active.put(queue, begins.get());
    }
    return new Change(queue, begins, ends);
  }
}
