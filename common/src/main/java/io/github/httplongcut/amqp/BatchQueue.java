package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Publication.BatchKey;
import io.github.httplongcut.amqp.Publication.Batching;
import io.github.httplongcut.protocol.EventType;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What waits to be published, and what becomes one message: what waits for one exchange and one
 * routing key goes together (protocol section 7). Not synchronized: {@link Publisher} guards it.
 *
 * <p>A lane with a message under way holds what comes meanwhile until RabbitMQ has confirmed that
 * one, for {@link #HOLD} at the most, or until it fills a message: so there are as many messages as
 * RabbitMQ keeps up with, and what is alone on its way never waits.
 *
 * <p>An {@link Owner} has {@link #MOST_UNCONFIRMED} messages under way at the most. What it has to
 * wait for is its own: its lanes stand aside until RabbitMQ has confirmed one of them.
 */
final class BatchQueue {

  static final int MAX_EVENTS = 64;
  static final int MAX_BATCH_BYTES = 64 * 1024;

  /**
   * Messages that may be unconfirmed for the inboxes of one user. Were there more for a queue that
   * takes its time, RabbitMQ would stop reading the whole channel: after 400 messages for a classic
   * queue, and after 32 for a quorum queue or a stream ({@code quorum_commands_soft_limit}, {@code
   * stream_messages_soft_limit}).
   */
  static final int MOST_UNCONFIRMED = 30;

  /** A tenant with all these places taken is stuck when others have had confirms for so long. */
  static final Duration STUCK_AFTER = Duration.ofSeconds(1);

  /** On a line that takes its time, waiting for the confirm would cost more than it saves. */
  static final Duration HOLD = Duration.ofMillis(3);

  /**
   * For how long what is {@linkplain Batching#UNHURRIED unhurried} waits for its neighbours, or
   * until it fills a message. Far less than anybody waits for an ack.
   */
  static final Duration REST = Duration.ofMillis(20);

  /** Nobody waits for these: they let the others go first, for as long as they may be held. */
  private static final Set<String> PATIENT =
      Set.of(
          EventType.CLIENT_REQUEST_ACK.wireName(),
          EventType.BROKER_REQUEST_ACK.wireName(),
          EventType.UPSTREAM_HEARTBEAT.wireName());

  /** A tenant to whose inboxes messages go; all that goes elsewhere has {@link Topology#NOBODY}. */
  private static final class Owner {
    private final String name;
    private int lanes;
    private int unconfirmed;
    private int givenUp;

    /** Time at which its first unconfirmed message was taken, or the last one confirmed since. */
    private long progressAt;

    /** Lanes that could go if less of this owner's were unconfirmed, longest first. */
    private final Set<Lane> waiting = new LinkedHashSet<>();

    Owner(String name) {
      this.name = name;
    }

    private int places() {
      return name.equals(Topology.NOBODY) ? Integer.MAX_VALUE : MOST_UNCONFIRMED - unconfirmed;
    }
  }

  /** What goes to one exchange by one key. */
  private static final class Lane {
    private final BatchKey key;
    private final Owner owner;
    private final boolean patient;
    private final ArrayDeque<Publication> waiting = new ArrayDeque<>();
    private long bytes;
    private int unconfirmed;

    /** It may go then, in any case, and before all others. */
    private long heldUntil;

    Lane(BatchKey key, Owner owner) {
      this.key = key;
      this.owner = owner;
      this.patient = PATIENT.contains(key.exchange());
    }

    /** Whether what waits may go now. */
    private boolean isReady() {
      return (unconfirmed == 0 && !isUnhurried())
          || key.batching() == Batching.ALONE
          || waiting.size() >= MAX_EVENTS
          || bytes >= MAX_BATCH_BYTES;
    }

    private boolean isUnhurried() {
      return key.batching() == Batching.UNHURRIED;
    }

    private static long bytesOf(Publication publication) {
      return publication.encoded().length + 1L;
    }
  }

  /** Those where something waits or is unconfirmed. */
  private final Map<BatchKey, Lane> lanes = new HashMap<>();

  /** Those that have a lane, by name. */
  private final Map<String, Owner> owners = new HashMap<>();

  /** Where something waits and may go, longest first. */
  private final Set<Lane> ready = new LinkedHashSet<>();

  /** The same, of lanes that let those go first. */
  private final Set<Lane> patient = new LinkedHashSet<>();

  /** Where something waits for a confirm, longest first. */
  private final Set<Lane> held = new LinkedHashSet<>();

  /** Where what is unhurried waits for more, longest first. */
  private final Set<Lane> resting = new LinkedHashSet<>();

  /** Lanes that could go if there were a channel for their owner, longest first. */
  private final Set<Lane> aside = new LinkedHashSet<>();

  private int size;
  private int fullOwners;
  private long confirmedAt;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /**
   * Puts it behind what goes the same way.
   *
   * @return whether there is something new to write, or to wait for
   */
  boolean add(Publication publication, long now) {
    Lane lane = lane(publication);
    lane.waiting.add(publication);
    lane.bytes += Lane.bytesOf(publication);
    size++;
    return queue(lane, now);
  }

  /** Puts back what was taken, in its order, before what has come since to the same lanes. */
  void giveBack(List<Publication> publications, long now) {
    for (int i = publications.size() - 1; i >= 0; i--) {
      Publication publication = publications.get(i);
      Lane lane = lane(publication);
      lane.waiting.addFirst(publication);
      lane.bytes += Lane.bytesOf(publication);
      queue(lane, now);
    }
    size += publications.size();
  }

  private Lane lane(Publication publication) {
    return lanes.computeIfAbsent(publication.key(), this::newLane);
  }

  private Lane newLane(BatchKey key) {
    Owner owner = owners.computeIfAbsent(key.owner(), Owner::new);
    owner.lanes++;
    return new Lane(key, owner);
  }

  private boolean queue(Lane lane, long now) {
    if (ready.contains(lane)
        || patient.contains(lane)
        || aside.contains(lane)
        || lane.owner.waiting.contains(lane)) {
      return false;
    }
    Set<Lane> later = lane.isUnhurried() ? resting : held;
    boolean isNew = !later.contains(lane);
    if (isNew) {
      lane.heldUntil = now + (lane.isUnhurried() ? REST : HOLD).toNanos();
    }
    if (lane.isReady()) {
      later.remove(lane);
      if (lane.isUnhurried()) {
        lane.heldUntil = now + HOLD.toNanos(); // it has rested: from here on it is as the others
      }
      return lane.patient ? patient.add(lane) : ready.add(lane);
    }
    return isNew && later.add(lane);
  }

  /**
   * Takes the next message: those that have waited longest, and what may go with them. It counts as
   * under way until it is {@link #confirmed}.
   *
   * @param room bytes that it may have at the most
   * @param channels tells of an owner whether there is a channel for it; without one its lanes
   *     stand aside until {@link #onChannel}
   * @return empty if nothing may go yet, or the next event alone is larger than {@code room}
   */
  List<Publication> take(long room, long now, Predicate<String> channels) {
    release(now);
    Lane lane = first(channels);
    if (lane == null) {
      return List.of();
    }
    int most = lane.key.batching() == Batching.ALONE ? 1 : MAX_EVENTS;
    List<Publication> taken = new ArrayList<>(Math.min(most, lane.waiting.size()));
    long bytes = 0;
    while (!lane.waiting.isEmpty() && taken.size() < most) {
      long with = bytes + Lane.bytesOf(lane.waiting.peek());
      boolean fits = with <= room && (taken.isEmpty() || with <= MAX_BATCH_BYTES);
      if (!fits) {
        break;
      }
      taken.add(lane.waiting.poll());
      bytes = with;
    }
    if (!taken.isEmpty()) {
      lane.bytes -= bytes;
      lane.unconfirmed++;
      if (lane.owner.unconfirmed++ == 0) {
        lane.owner.progressAt = now;
      }
      if (lane.owner.places() == 0) {
        fullOwners++;
      }
      size -= taken.size();
      ready.remove(lane);
      patient.remove(lane);
      if (!lane.waiting.isEmpty()) {
        queue(lane, now); // behind the others, who have waited longer than its rest
      }
    }
    return taken;
  }

  /** The next lane, which stays where it is; those of others that cannot go make way for it. */
  private Lane first(Predicate<String> channels) {
    while (true) {
      Set<Lane> lanes = ready.isEmpty() ? patient : ready;
      Iterator<Lane> each = lanes.iterator();
      if (!each.hasNext()) {
        return null;
      }
      Lane lane = each.next();
      boolean hasPlace = lane.owner.places() > 0;
      if (hasPlace && channels.test(lane.owner.name)) {
        return lane;
      }
      each.remove();
      (hasPlace ? aside : lane.owner.waiting).add(lane);
    }
  }

  /** Owners that had no channel may have one now. */
  void onChannel() {
    for (Lane lane : aside) {
      (lane.patient ? patient : ready).add(lane);
    }
    aside.clear();
  }

  /**
   * Those that have been held for long enough go although nothing is confirmed, and those that have
   * let others go first for as long.
   */
  private void release(long now) {
    release(held, now);
    release(resting, now);
    if (!ready.isEmpty()) {
      release(patient, now);
    }
  }

  private void release(Set<Lane> lanes, long now) {
    for (Iterator<Lane> each = lanes.iterator(); each.hasNext(); ) {
      Lane lane = each.next();
      if (now - lane.heldUntil < 0) {
        return;
      }
      each.remove();
      ready.add(lane);
    }
  }

  /** For how long there is nothing to take, unless something comes; MAX_VALUE: nothing waits. */
  long nanosToNext(long now) {
    if (!ready.isEmpty() || !patient.isEmpty()) {
      return 0;
    }
    return Math.min(nanosToFirst(held, now), nanosToFirst(resting, now));
  }

  private static long nanosToFirst(Set<Lane> lanes, long now) {
    return lanes.isEmpty() ? Long.MAX_VALUE : lanes.iterator().next().heldUntil - now;
  }

  /** A message of that key is given up, and keeps its place until RabbitMQ says a word. */
  void gaveUp(BatchKey key) {
    lanes.get(key).owner.givenUp++;
  }

  /** RabbitMQ's word on a message that was given up. */
  void confirmedLate(BatchKey key, long now) {
    lanes.get(key).owner.givenUp--;
    confirmed(key, now);
  }

  /** A message of that key was given up, and is lost with its channel. */
  void lostLate(BatchKey key, long now) {
    lanes.get(key).owner.givenUp--;
    lost(key, now);
  }

  /** Returns whether its tenant takes nothing, while others do: it need not wait for that. */
  boolean isStuck(Publication publication) {
    return fullOwners > 0 && ownerOf(publication).filter(this::isStuck).isPresent();
  }

  /** Its tenant, if anything of that one's waits or is unconfirmed. */
  private Optional<Owner> ownerOf(Publication publication) {
    return Optional.ofNullable(owners.get(publication.key().owner()));
  }

  private boolean isStuck(Owner owner) {
    return owner.places() <= 0
        && (owner.givenUp > 0 || confirmedAt - owner.progressAt >= STUCK_AFTER.toNanos());
  }

  /** Takes out all that waits for a tenant that takes nothing. */
  List<Publication> removeStuck() {
    boolean isAny = fullOwners > 0 && owners.values().stream().anyMatch(this::isStuck);
    return isAny ? removeIf(this::isStuck) : List.of();
  }

  /** Returns whether its tenant has no place left. */
  boolean isFull(Publication publication) {
    return fullOwners > 0 && ownerOf(publication).filter(owner -> owner.places() <= 0).isPresent();
  }

  /** Returns whether any message for that owner's inboxes is under way. */
  boolean isUnderWay(String owner) {
    Owner known = owners.get(owner);
    return known != null && known.unconfirmed > 0;
  }

  /** A message of that key is no longer under way: RabbitMQ has taken it, or nacked it. */
  void confirmed(BatchKey key, long now) {
    confirmedAt = now;
    lost(key, now);
  }

  /** A message of that key is no longer under way: its channel is gone. */
  void lost(BatchKey key, long now) {
    Lane lane = lanes.get(key);
    lane.unconfirmed--;
    if (lane.owner.places() == 0) {
      fullOwners--;
    }
    lane.owner.unconfirmed--;
    lane.owner.progressAt = now;
    admit(lane.owner);
    if (lane.waiting.isEmpty()) {
      forgetIfIdle(lane);
    } else if (lane.isReady() && held.remove(lane)) {
      (lane.patient ? patient : ready).add(lane);
    }
  }

  private void admit(Owner owner) {
    Iterator<Lane> each = owner.waiting.iterator();
    for (int places = owner.places(); places > 0 && each.hasNext(); places--) {
      ready.add(each.next());
      each.remove();
    }
  }

  /** Nothing is under way any more: the connection is gone. */
  void forgetUnconfirmed() {
    fullOwners = 0;
    for (Owner owner : owners.values()) {
      owner.unconfirmed = 0;
      owner.givenUp = 0;
      ready.addAll(owner.waiting);
      owner.waiting.clear();
    }
    for (Lane lane : List.copyOf(lanes.values())) {
      lane.unconfirmed = 0;
      forgetIfIdle(lane);
    }
    ready.addAll(held);
    held.clear();
    onChannel();
  }

  private void forgetIfIdle(Lane lane) {
    if (lane.waiting.isEmpty()) {
      // It is in one at the most.
      boolean hadPlace = ready.remove(lane) || patient.remove(lane) || aside.remove(lane);
      held.remove(lane);
      resting.remove(lane);
      lane.owner.waiting.remove(lane);
      if (hadPlace) {
        admit(lane.owner); // somebody else's turn
      }
      if (lane.unconfirmed == 0 && lanes.remove(lane.key) != null && --lane.owner.lanes == 0) {
        owners.remove(lane.owner.name);
      }
    }
  }

  /** Takes out this one, if it waits. */
  boolean remove(Publication publication) {
    Lane lane = lanes.get(publication.key());
    if (lane == null || !lane.waiting.remove(publication)) {
      return false;
    }
    lane.bytes -= Lane.bytesOf(publication);
    forgetIfIdle(lane);
    size--;
    return true;
  }

  /** Takes out all that {@code out} says. */
  List<Publication> removeIf(Predicate<Publication> out) {
    List<Publication> removed = new ArrayList<>();
    for (Lane lane : List.copyOf(lanes.values())) {
      lane.waiting.removeIf(
          publication -> {
            boolean goes = out.test(publication);
            if (goes) {
              removed.add(publication);
              lane.bytes -= Lane.bytesOf(publication);
            }
            return goes;
          });
      forgetIfIdle(lane);
    }
    size -= removed.size();
    return removed;
  }
}
