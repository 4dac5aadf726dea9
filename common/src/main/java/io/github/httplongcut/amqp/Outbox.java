package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Publication.BatchKey;
import io.github.httplongcut.amqp.Publication.Batching;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What waits to be published, and what becomes one message: what waits for one exchange and one
 * routing key goes together (protocol section 7). Not synchronized: {@link Publisher} guards it.
 */
final class Outbox {

  static final int MAX_EVENTS = 64;
  static final int MAX_BATCH_BYTES = 64 * 1024;

  private final Map<BatchKey, ArrayDeque<Publication>> lanes = new LinkedHashMap<>();
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void add(Publication publication) {
    lanes.computeIfAbsent(publication.key(), key -> new ArrayDeque<>()).add(publication);
    size++;
  }

  /** Puts back what was taken, in its order, before what has come since to the same lanes. */
  void giveBack(List<Publication> publications) {
    for (int i = publications.size() - 1; i >= 0; i--) {
      Publication publication = publications.get(i);
      lanes.computeIfAbsent(publication.key(), key -> new ArrayDeque<>()).addFirst(publication);
    }
    size += publications.size();
  }

  /**
   * Takes the next message: those that have waited longest, and what may go with them.
   *
   * @param room bytes that it may have at the most
   * @return empty if nothing waits, or the next event alone is larger than {@code room}
   */
  List<Publication> take(long room) {
    Iterator<Map.Entry<BatchKey, ArrayDeque<Publication>>> first = lanes.entrySet().iterator();
    if (!first.hasNext()) {
      return List.of();
    }
    Map.Entry<BatchKey, ArrayDeque<Publication>> lane = first.next();
    BatchKey key = lane.getKey();
    ArrayDeque<Publication> waiting = lane.getValue();
    int most = key.batching() == Batching.ALONE ? 1 : MAX_EVENTS;
    List<Publication> taken = new ArrayList<>(Math.min(most, waiting.size()));
    long bytes = 0;
    while (!waiting.isEmpty() && taken.size() < most) {
      bytes += waiting.peek().encoded().length + 1L;
      boolean fits = bytes <= room && (taken.isEmpty() || bytes <= MAX_BATCH_BYTES);
      if (!fits) {
        break;
      }
      taken.add(waiting.poll());
    }
    if (!taken.isEmpty()) {
      first.remove();
      if (!waiting.isEmpty()) {
        lanes.put(key, waiting); // behind the others, who have waited longer than its rest
      }
    }
    size -= taken.size();
    return taken;
  }

  /** Takes out this one, if it waits. */
  boolean remove(Publication publication) {
    ArrayDeque<Publication> lane = lanes.get(publication.key());
    if (lane == null || !lane.remove(publication)) {
      return false;
    }
    if (lane.isEmpty()) {
      lanes.remove(publication.key());
    }
    size--;
    return true;
  }

  /** Takes out all that {@code out} says. */
  List<Publication> removeIf(Predicate<Publication> out) {
    List<Publication> removed = new ArrayList<>();
    Iterator<ArrayDeque<Publication>> each = lanes.values().iterator();
    while (each.hasNext()) {
      ArrayDeque<Publication> lane = each.next();
      lane.removeIf(
          publication -> {
            boolean goes = out.test(publication);
            if (goes) {
              removed.add(publication);
            }
            return goes;
          });
      if (lane.isEmpty()) {
        each.remove();
      }
    }
    size -= removed.size();
    return removed;
  }
}
