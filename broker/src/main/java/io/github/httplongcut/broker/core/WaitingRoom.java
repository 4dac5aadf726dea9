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
 * The requests for which no agent has a free slot, by target.
 *
 * <p>The users of client agents take turns. A user's turn is over when one of its requests leaves
 * for an agent, and not when one expires. A user that comes has the turn of those that are next. Of
 * one user, and of users with the same turn, the request that was received first is first. So one
 * that an agent rejected stands before all that came after it.
 */
final class WaitingRoom {

  private static final Comparator<InFlight> BY_RECEPTION =
      Comparator.comparingLong(InFlight::number);

  /** Requests of one user for one target; there is one at least. */
  private static final class User {
    private static final Comparator<User> BY_TURN =
        Comparator.<User>comparingLong(user -> user.turn)
            .thenComparing(user -> user.requests.first(), BY_RECEPTION);

    private final String name;
    private final TreeSet<InFlight> requests = new TreeSet<>(BY_RECEPTION);
    private long turn;

    User(String name) {
      this.name = name;
    }
  }

  /** Requests for one target; there is one at least. */
  private static final class Queue {
    private final Map<String, User> byName = new HashMap<>();
    private final TreeSet<User> inTurn = new TreeSet<>(User.BY_TURN);

    /** Number of requests that may not go to every agent. */
    private int choosy;

    void add(InFlight request) {
      User user = byName.get(request.user());
      boolean isHere = user != null;
      if (isHere) {
        inTurn.remove(user); // sorted by what changes
      } else {
        user = new User(request.user());
        byName.put(user.name, user);
      }
      if (!inTurn.isEmpty()) {
        long next = inTurn.first().turn;
        boolean comesBack = request.hasWaited() || !request.isNew();
        user.turn = isHere && !comesBack ? user.turn : isHere ? Math.min(user.turn, next) : next;
      }
      user.requests.add(request);
      inTurn.add(user);
      choosy += isChoosy(request) ? 1 : 0;
    }

    /**
     * Takes it out.
     *
     * @return false if it was not there
     */
    boolean remove(InFlight request) {
      User user = byName.get(request.user());
      if (user == null || !user.requests.contains(request)) {
        return false;
      }
      inTurn.remove(user); // sorted by what changes
      user.requests.remove(request);
      choosy -= isChoosy(request) ? 1 : 0;
      if (request.stage().agent().isPresent()) {
        user.turn++;
      }
      if (user.requests.isEmpty()) {
        byName.remove(user.name);
      } else {
        inTurn.add(user);
      }
      return true;
    }

    Optional<InFlight> next(Predicate<InFlight> mayGo) {
      InFlight first = inTurn.first().requests.first();
      if (mayGo.test(first)) {
        return Optional.of(first);
      }
      if (choosy == 0) {
        return Optional.empty(); // what holds for one holds for all
      }
      return inTurn.stream()
          .flatMap(user -> user.requests.stream().filter(mayGo).limit(1))
          .findFirst();
    }

    private static boolean isChoosy(InFlight request) {
      return !request.unreachableFrom().isEmpty();
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

  void add(InFlight request) {
    queues.computeIfAbsent(request.target(), t -> new Queue()).add(request);
    room.acquire(request);
  }

  /** Takes out a request whose stage is already the next one. */
  void remove(InFlight request) {
    Queue queue = queues.get(request.target());
    if (queue != null && queue.remove(request)) {
      room.release(request);
      if (queue.inTurn.isEmpty()) {
        queues.remove(request.target());
      }
    }
  }

  /**
   * Returns whose turn it is of those for the target that may go.
   *
   * @param mayGo is the same for all requests that may go to any agent
   */
  Optional<InFlight> next(String target, Predicate<InFlight> mayGo) {
    Queue queue = queues.get(target);
    return queue == null ? Optional.empty() : queue.next(mayGo);
  }

  /** Returns the targets that somebody waits for. */
  List<String> targets() {
    return new ArrayList<>(queues.keySet());
  }

  /** Returns whether requests for more than one target wait. */
  boolean hasSeveralTargets() {
    return queues.size() > 1;
  }

  /** Returns the number of those in the target's queue. */
  int size(String target) {
    return room.sizeOf(target);
  }

  int size() {
    return room.size();
  }
}
