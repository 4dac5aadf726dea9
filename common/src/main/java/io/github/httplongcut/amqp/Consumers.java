package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The consumers of one channel: the wanted ones and the active ones. {@code basic.qos} does not
 * change a running consumer, so the prefetch of a queue changes as follows:
 *
 * <ul>
 *   <li>Larger: one more consumer starts, with the difference as its prefetch.
 *   <li>Smaller: one consumer starts with the whole new prefetch, then all others of the queue are
 *       cancelled. 0 only cancels.
 * </ul>
 *
 * <p>Consumers are cancelled only for a smaller prefetch, because a cancel can cost requests. A
 * quorum queue may send messages to a consumer that is being cancelled, and counts them as
 * delivered. A redelivered POST is not run.
 *
 * <p>Guarded by the caller's lock.
 */
final class Consumers {

  /**
   * A change of one queue's consumers.
   *
   * @param started consumer to start, before the others are cancelled; empty if none
   * @param cancelledTags tags of the consumers to cancel
   */
  record Change(String queue, Optional<ActiveConsumer> started, List<String> cancelledTags) {}

  /**
   * A consumer.
   *
   * @param tag consumer tag, unique on its channel, which RabbitMQ's management UI shows
   */
  record ActiveConsumer(String tag, int prefetch) {}

  private final Map<String, Integer> wanted = new LinkedHashMap<>();
  private final Map<String, List<ActiveConsumer>> active = new LinkedHashMap<>();
  private final Map<String, Integer> startCounts = new LinkedHashMap<>();

  /**
   * Sets the wanted prefetch of a queue.
   *
   * @param prefetch number of messages that may be unacked; 0 for no consumer
   */
  void want(String queue, int prefetch) {
    wanted.put(queue, prefetch);
  }

  /** Returns whether {@link #takeChanges} would return any change. */
  boolean areChangesDue() {
    return wanted.entrySet().stream().anyMatch(each -> isChangeDue(each.getKey(), each.getValue()));
  }

  private boolean isChangeDue(String queue, int prefetch) {
    return prefetchOf(queue) != prefetch;
  }

  private int prefetchOf(String queue) {
    return active.getOrDefault(queue, List.of()).stream().mapToInt(ActiveConsumer::prefetch).sum();
  }

  /** Returns the changes that are due, and counts them as made. */
  List<Change> takeChanges() {
    List<Change> changes = new ArrayList<>();
    wanted.forEach(
        (queue, prefetch) -> {
          if (isChangeDue(queue, prefetch)) {
            changes.add(change(queue, prefetch));
          }
        });
    return changes;
  }

  private Change change(String queue, int prefetch) {
    List<String> cancelledTags = List.of();
    if (prefetch < prefetchOf(queue)) {
      cancelledTags = active.remove(queue).stream().map(ActiveConsumer::tag).toList();
    }
    int added = prefetch - prefetchOf(queue);
    Optional<ActiveConsumer> started = Optional.empty();
    if (added > 0) {
      int number = startCounts.merge(queue, 1, Integer::sum);
      started = Optional.of(new ActiveConsumer(number == 1 ? queue : queue + "." + number, added));
      active.computeIfAbsent(queue, q -> new ArrayList<>()).add(started.get());
    }
    return new Change(queue, started, cancelledTags);
  }
}
