package io.github.httplongcut.broker.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The requests for which no agent has a free slot, by target.
 *
 * <p>The users of client agents take turns (start-time fair queueing): each request of a user has a
 * turn of its own, one after the other, and the first begins with the turn that is served now.
 * Within a turn the order is that of reception. A request that comes back keeps its turn.
 */
final class WaitingRoom {

  private static final Comparator<InFlight> BY_TURN =
      Comparator.<InFlight>comparingLong(request -> request.turn())
          .thenComparingLong(InFlight::number);

  /** Requests for one target. It lives as long as there are any. */
  private static final class Queue {

    /** Turns are forgotten once they are past: not each time, but when there are so many. */
    private static final int MANY_USERS = 64;

    private final TreeSet<InFlight> requests = new TreeSet<>(BY_TURN);
    private final Map<String, Long> nextTurns = new HashMap<>();

    boolean add(InFlight request) {
      long now = requests.isEmpty() ? 0 : requests.first().turn();
      if (!request.isNew() && !request.hasTurn()) {
        request.turn(now);
      } else if (!request.hasTurn()) {
        long turn = Math.max(now, nextTurns.getOrDefault(request.user(), 0L));
        request.turn(turn);
        nextTurns.put(request.user(), turn + 1);
        if (nextTurns.size() > MANY_USERS) {
          nextTurns.values().removeIf(next -> next <= now);
        }
      }
      return requests.add(request);
    }
  }

  private final Map<String, Queue> queues = new HashMap<>();
  private final SharedRoom room;

  /** An empty waiting room. */
  WaitingRoom(RouterLimits limits) {
    room = new SharedRoom(limits.waiting().total(), Long.MAX_VALUE, limits.shares());
  }

  /**
   * Returns why the request may not wait, or nothing if it may.
   *
   * @param now {@code nanoTime}
   */
  Optional<NoRoom> noRoomFor(InFlight request, long now) {
    return room.noRoomFor(request, now);
  }

  void enter(InFlight request) {
    if (queues.computeIfAbsent(request.target(), t -> new Queue()).add(request)) {
      room.enter(request);
    }
  }

  void leave(InFlight request) {
    Queue queue = queues.get(request.target());
    if (queue != null && queue.requests.remove(request)) {
      room.leave(request);
      if (queue.requests.isEmpty()) {
        queues.remove(request.target());
      }
    }
  }

  /** Who is first in the target's queue. */
  Optional<InFlight> first(String target) {
    Queue queue = queues.get(target);
    return queue == null ? Optional.empty() : Optional.of(queue.requests.first());
  }

  /** Who is next in the queue that {@code request} is in, or was. */
  Optional<InFlight> after(InFlight request) {
    Queue queue = queues.get(request.target());
    return queue == null ? Optional.empty() : Optional.ofNullable(queue.requests.higher(request));
  }

  /** Targets that somebody waits for. */
  List<String> targets() {
    return new ArrayList<>(queues.keySet());
  }

  /** Returns whether requests for more than one target wait. */
  boolean hasSeveralTargets() {
    return queues.size() > 1;
  }

  /** Number of those in the target's queue. */
  int size(String target) {
    return room.sizeOf(target);
  }

  int size() {
    return room.size();
  }
}
