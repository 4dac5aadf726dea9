package io.github.httplongcut.broker.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The requests that wait for an agent with a free slot, by target. Within a target, the RabbitMQ
 * users of the client agents are served in turn:
 *
 * <ul>
 *   <li>Each user has a turn number. The user with the lowest number is next.
 *   <li>The number grows by one when one of the user's requests leaves for an agent, and not when
 *       one expires or is cancelled.
 *   <li>A new user gets the number of the user who is next, but at least that of the user who was
 *       served last.
 *   <li>A request that comes back from an agent sets its user's number to at most that of the user
 *       who is next.
 *   <li>Among users with the same number, and among the requests of one user, the request that was
 *       received first is served first. So a rejected request precedes all later ones.
 * </ul>
 */
final class WaitingRoom {

  private static final Comparator<InFlight> BY_RECEPTION =
      Comparator.comparingLong(InFlight::receptionNumber);

  /** Requests of one user for one target, at least one. */
  private static final class UserQueue {
    private static final Comparator<UserQueue> BY_TURN =
        Comparator.<UserQueue>comparingLong(user -> user.turn)
            .thenComparing(user -> user.requests.first(), BY_RECEPTION);

    private final String name;
    private final TreeSet<InFlight> requests = new TreeSet<>(BY_RECEPTION);
    private long turn;

    UserQueue(String name) {
      this.name = name;
    }
  }

  /** Requests for one target, at least one. */
  private static final class TargetQueue {
    private final Map<String, UserQueue> byName = new HashMap<>();
    private final TreeSet<UserQueue> byTurn = new TreeSet<>(UserQueue.BY_TURN);

    /** Number of requests that exclude some agents. */
    private int restricted;

    /**
     * Turn of the user who was served last. A user whose requests exclude all free agents is passed
     * over, and its number falls behind; nobody may start from there.
     */
    private long lastServed;

    void add(InFlight request) {
      UserQueue user = byName.get(request.user());
      boolean isKnown = user != null;
      if (isKnown) {
        byTurn.remove(user); // the fields by which it is sorted change
      } else {
        user = new UserQueue(request.user());
        byName.put(user.name, user);
      }
      long next = byTurn.isEmpty() ? user.turn : Math.max(byTurn.first().turn, lastServed);
      boolean comesBack = request.hasWaited() || !request.neverDispatched();
      if (!isKnown) {
        user.turn = next;
      } else if (comesBack) {
        user.turn = Math.min(user.turn, next);
      } else {
        user.turn = Math.max(user.turn, lastServed);
      }
      user.requests.add(request);
      byTurn.add(user);
      restricted += isRestricted(request) ? 1 : 0;
    }

    /**
     * Removes a request.
     *
     * @return false if it was not in the queue
     */
    boolean remove(InFlight request) {
      UserQueue user = byName.get(request.user());
      if (user == null || !user.requests.contains(request)) {
        return false;
      }
      byTurn.remove(user); // the fields by which it is sorted change
      user.requests.remove(request);
      restricted -= isRestricted(request) ? 1 : 0;
      if (request.stage().agent().isPresent()) {
        lastServed = Math.max(lastServed, user.turn);
        user.turn++;
      }
      if (user.requests.isEmpty()) {
        byName.remove(user.name);
      } else {
        byTurn.add(user);
      }
      return true;
    }

    Optional<InFlight> next(Predicate<InFlight> mayGo) {
      InFlight first = byTurn.first().requests.first();
      if (mayGo.test(first)) {
        return Optional.of(first);
      }
      if (restricted == 0) {
        return Optional.empty(); // every other request may go to the same agents
      }
      return byTurn.stream()
          .flatMap(user -> user.requests.stream().filter(mayGo).limit(1))
          .findFirst();
    }

    private static boolean isRestricted(InFlight request) {
      return !request.unreachableFrom().isEmpty();
    }
  }

  private final Map<String, TargetQueue> queues = new HashMap<>();
  private final SharedRoom room;

  WaitingRoom(RouterLimits limits) {
    room = new SharedRoom(limits.waiting().total(), Long.MAX_VALUE, limits.shares());
  }

  /**
   * Returns the reason why the request may not wait, or empty if it may.
   *
   * @param now {@code nanoTime}
   */
  Optional<NoRoom> noRoomFor(InFlight request, long now) {
    return room.noRoomFor(request, now);
  }

  void add(InFlight request) {
    queues.computeIfAbsent(request.target(), t -> new TargetQueue()).add(request);
    room.acquire(request);
  }

  /** Removes a request that has already moved to its next stage. */
  void remove(InFlight request) {
    TargetQueue queue = queues.get(request.target());
    if (queue != null && queue.remove(request)) {
      room.release(request);
      if (queue.byTurn.isEmpty()) {
        queues.remove(request.target());
      }
    }
  }

  /**
   * Returns the first request for the target, in the order of turns, that may go.
   *
   * @param mayGo must return the same for all requests that exclude no agent
   */
  Optional<InFlight> next(String target, Predicate<InFlight> mayGo) {
    TargetQueue queue = queues.get(target);
    return queue == null ? Optional.empty() : queue.next(mayGo);
  }

  /** Returns the targets with waiting requests. */
  List<String> targets() {
    return new ArrayList<>(queues.keySet());
  }

  /** Returns whether requests for more than one target wait. */
  boolean hasSeveralTargets() {
    return queues.size() > 1;
  }

  /** Returns the number of requests that wait for the target. */
  int size(String target) {
    return room.sizeOf(target);
  }

  int size() {
    return room.size();
  }
}
