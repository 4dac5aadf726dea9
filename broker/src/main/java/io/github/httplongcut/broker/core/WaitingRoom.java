package io.github.httplongcut.broker.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The requests for which no agent has a free slot, by target. First come, first served, by the
 * order of reception: one that an agent rejected stands before all that came after it.
 */
final class WaitingRoom {

  private static final Comparator<InFlight> BY_RECEPTION =
      Comparator.comparingLong(InFlight::number);

  private final Map<String, TreeSet<InFlight>> queues = new HashMap<>();
  private int size;

  void enter(InFlight request) {
    if (queues.computeIfAbsent(request.target(), t -> new TreeSet<>(BY_RECEPTION)).add(request)) {
      size++;
    }
  }

  void leave(InFlight request) {
    TreeSet<InFlight> queue = queues.get(request.target());
    if (queue != null && queue.remove(request)) {
      size--;
      if (queue.isEmpty()) {
        queues.remove(request.target());
      }
    }
  }

  /** Who is first in the target's queue. */
  Optional<InFlight> first(String target) {
    TreeSet<InFlight> queue = queues.get(target);
    return queue == null ? Optional.empty() : Optional.of(queue.first());
  }

  /** Who is next in the queue that {@code request} is in, or was. */
  Optional<InFlight> after(InFlight request) {
    TreeSet<InFlight> queue = queues.get(request.target());
    return queue == null ? Optional.empty() : Optional.ofNullable(queue.higher(request));
  }

  /** Targets that somebody waits for. */
  List<String> targets() {
    return new ArrayList<>(queues.keySet());
  }

  /** Number of those in the target's queue. */
  int size(String target) {
    TreeSet<InFlight> queue = queues.get(target);
    return queue == null ? 0 : queue.size();
  }

  int size() {
    return size;
  }
}
