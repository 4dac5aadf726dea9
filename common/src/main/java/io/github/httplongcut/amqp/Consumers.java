package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The consumers of one channel: those that are wanted and those that there are. {@code basic.qos}
 * changes no running consumer, so a queue gets a larger prefetch by one consumer more, with the
 * difference. For a smaller prefetch all its consumers are cancelled, and another one begins before
 * that. Only then: what RabbitMQ delivers to a consumer of a quorum queue while it is cancelled
 * counts as given out, and a POST among it must not run any more. Guarded by the caller's lock.
 */
final class Consumers {

  /**
   * A step that brings a queue's consumers from what they are to what is wanted.
   *
   * @param begins the consumer that begins, first; empty if none is wanted
   * @param ends tags of the consumers that are cancelled
   */
  record Change(String queue, Optional<Active> begins, List<String> ends) {}

  /**
   * A consumer.
   *
   * @param tag unique on its channel, and readable in RabbitMQ's management UI
   */
  record Active(String tag, int prefetch) {}

  private final Map<String, Integer> wanted = new LinkedHashMap<>();
  private final Map<String, List<Active>> active = new LinkedHashMap<>();
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
    return prefetchOf(queue) != prefetch;
  }

  private int prefetchOf(String queue) {
    return active.getOrDefault(queue, List.of()).stream().mapToInt(Active::prefetch).sum();
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
    List<String> ends = List.of();
    if (prefetch < prefetchOf(queue)) {
      ends = active.remove(queue).stream().map(Active::tag).toList();
    }
    int more = prefetch - prefetchOf(queue);
    Optional<Active> begins = Optional.empty();
    if (more > 0) {
      int number = begun.merge(queue, 1, Integer::sum);
      begins = Optional.of(new Active(number == 1 ? queue : queue + "." + number, more));
      active.computeIfAbsent(queue, q -> new ArrayList<>()).add(begins.get());
    }
    return new Change(queue, begins, ends);
  }
}
