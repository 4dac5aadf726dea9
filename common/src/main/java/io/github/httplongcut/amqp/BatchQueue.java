package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import io.github.httplongcut.session.Publication.Batching;
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
 * Queue of publications that groups them into batches (protocol section 7). Publications of one
 * {@link BatchKey} wait in one lane, and those that wait together become one message. Not
 * synchronized: {@link PublisherMonitor} guards it.
 *
 * <p>A lane with an unconfirmed message holds further publications, except {@link Batching#ALONE}
 * ones, until one of these:
 *
 * <ul>
 *   <li>RabbitMQ confirms the message.
 *   <li>{@link #MAX_HOLD} has passed.
 *   <li>The held publications fill a message.
 * </ul>
 *
 * <p>So batches grow when RabbitMQ is slow. A publication whose lane is idle does not wait, unless
 * it is {@linkplain Batching#UNHURRIED unhurried}.
 *
 * <p>A tenant has at most {@link #MAX_UNCONFIRMED_PER_TENANT} unconfirmed messages. At the limit
 * only this tenant's lanes wait until RabbitMQ confirms one of them.
 */
final class BatchQueue {

  static final int MAX_BATCH_EVENTS = 64;
  static final int MAX_BATCH_BYTES = 64 * 1024;

  /**
   * Limit of unconfirmed messages for the inboxes of one tenant. With more messages for a slow
   * queue RabbitMQ would stop reading the whole channel: after 400 messages for a classic queue,
   * and after 32 for a quorum queue or a stream ({@code quorum_commands_soft_limit}, {@code
   * stream_messages_soft_limit}).
   */
  static final int MAX_UNCONFIRMED_PER_TENANT = 30;

  /**
   * A tenant at its limit counts as stuck if at least this much time lies between its own last
   * confirm and a later confirm for others.
   */
  static final Duration STUCK_AFTER = Duration.ofSeconds(1);

  /**
   * Longest time for which a lane holds publications until a confirm. On a slow line a longer time
   * would cost more than it saves.
   */
  static final Duration MAX_HOLD = Duration.ofMillis(3);

  /**
   * Longest wait of {@linkplain Batching#UNHURRIED unhurried} publications for others like them;
   * far less than any timeout for an ack.
   */
  static final Duration UNHURRIED_HOLD = Duration.ofMillis(20);

  /** Exchanges whose messages let all others go first, for up to {@link #MAX_HOLD}. */
  private static final Set<String> LOW_PRIORITY =
      Set.of(
          EventType.CLIENT_REQUEST_ACK.wireName(),
          EventType.BROKER_REQUEST_ACK.wireName(),
          EventType.UPSTREAM_HEARTBEAT.wireName());

  /** A tenant with lanes; {@link Topology#NO_TENANT} for all messages that go to no tenant. */
  private static final class Tenant {
    private final String name;
    private int lanes;
    private int unconfirmed;
    private int givenUp;

    /** Time of the tenant's last confirm, or of its first unconfirmed message if that is later. */
    private long progressAt;

    /** Lanes that are ready but wait because the tenant is at its limit, oldest first. */
    private final Set<Lane> blockedLanes = new LinkedHashSet<>();

    Tenant(String name) {
      this.name = name;
    }

    private int freePlaces() {
      return name.equals(Topology.NO_TENANT)
          ? Integer.MAX_VALUE
          : MAX_UNCONFIRMED_PER_TENANT - unconfirmed;
    }
  }

  /** Publications of one {@link BatchKey}. */
  private static final class Lane {
    private final BatchKey key;
    private final Tenant tenant;
    private final boolean lowPriority;
    private final ArrayDeque<Publication> waiting = new ArrayDeque<>();
    private long bytes;
    private int unconfirmed;

    /** Time at which the lane becomes ready, whatever it waits for. */
    private long heldUntil;

    Lane(BatchKey key, Tenant tenant) {
      this.key = key;
      this.tenant = tenant;
      this.lowPriority = LOW_PRIORITY.contains(key.exchange());
    }

    /** Returns whether the waiting publications may be taken now. */
    private boolean isReady() {
      return (unconfirmed == 0 && !isUnhurried())
          || key.batching() == Batching.ALONE
          || waiting.size() >= MAX_BATCH_EVENTS
          || bytes >= MAX_BATCH_BYTES;
    }

    private boolean isUnhurried() {
      return key.batching() == Batching.UNHURRIED;
    }

    private static long bytesOf(Publication publication) {
      return publication.encoded().length + 1L;
    }
  }

  /** Lanes with a waiting publication or an unconfirmed message. */
  private final Map<BatchKey, Lane> lanes = new HashMap<>();

  /** Tenants with lanes, by name. */
  private final Map<String, Tenant> tenants = new HashMap<>();

  /** Lanes that may be taken, oldest first. A lane is in one of these sets at most. */
  private final Set<Lane> ready = new LinkedHashSet<>();

  /** Lanes of {@link #LOW_PRIORITY} that may be taken after all ready ones, oldest first. */
  private final Set<Lane> lowPriority = new LinkedHashSet<>();

  /** Lanes that wait for a confirm, oldest first. */
  private final Set<Lane> held = new LinkedHashSet<>();

  /** Lanes of unhurried publications that wait for more, oldest first. */
  private final Set<Lane> heldUnhurried = new LinkedHashSet<>();

  /** Lanes that are ready but wait for a channel for their tenant, oldest first. */
  private final Set<Lane> withoutChannel = new LinkedHashSet<>();

  private int size;
  private int fullTenants;
  private long confirmedAt;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /**
   * Adds a publication to the end of its lane.
   *
   * @return true if the lane has become ready, or has begun to wait for a point in time
   */
  boolean add(Publication publication, long now) {
    Lane lane = lane(publication);
    lane.waiting.add(publication);
    lane.bytes += Lane.bytesOf(publication);
    size++;
    return schedule(lane, now);
  }

  /** Puts publications back in their order, before later ones of the same lanes. */
  void requeue(List<Publication> publications, long now) {
    for (int i = publications.size() - 1; i >= 0; i--) {
      Publication publication = publications.get(i);
      Lane lane = lane(publication);
      lane.waiting.addFirst(publication);
      lane.bytes += Lane.bytesOf(publication);
      schedule(lane, now);
    }
    size += publications.size();
  }

  private Lane lane(Publication publication) {
    return lanes.computeIfAbsent(publication.key(), this::newLane);
  }

  private Lane newLane(BatchKey key) {
    Tenant tenant = tenants.computeIfAbsent(key.tenant(), Tenant::new);
    tenant.lanes++;
    return new Lane(key, tenant);
  }

  private boolean schedule(Lane lane, long now) {
    if (ready.contains(lane)
        || lowPriority.contains(lane)
        || withoutChannel.contains(lane)
        || lane.tenant.blockedLanes.contains(lane)) {
      return false;
    }
    Set<Lane> holding = lane.isUnhurried() ? heldUnhurried : held;
    boolean isNew = !holding.contains(lane);
    if (isNew) {
      lane.heldUntil = now + (lane.isUnhurried() ? UNHURRIED_HOLD : MAX_HOLD).toNanos();
    }
    if (lane.isReady()) {
      holding.remove(lane);
      if (lane.isUnhurried()) {
        lane.heldUntil = now + MAX_HOLD.toNanos(); // low priority for at most this long
      }
      return lane.lowPriority ? lowPriority.add(lane) : ready.add(lane);
    }
    return isNew && holding.add(lane);
  }

  /**
   * Takes the publications of the next message, from the lane that has been ready for longest. The
   * message counts as unconfirmed until {@link #onConfirmed} or {@link #onChannelLost}.
   *
   * @param room most bytes of the message
   * @param hasChannel returns whether a tenant has a channel; the lanes of a tenant without one
   *     wait until {@link #onChannelAvailable}
   * @return empty if no lane is ready, or the next event alone is larger than {@code room}
   */
  List<Publication> take(long room, long now, Predicate<String> hasChannel) {
    releaseExpired(now);
    Lane lane = nextLane(hasChannel);
    if (lane == null) {
      return List.of();
    }
    int most = lane.key.batching() == Batching.ALONE ? 1 : MAX_BATCH_EVENTS;
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
      if (lane.tenant.unconfirmed++ == 0) {
        lane.tenant.progressAt = now;
      }
      if (lane.tenant.freePlaces() == 0) {
        fullTenants++;
      }
      size -= taken.size();
      ready.remove(lane);
      lowPriority.remove(lane);
      if (!lane.waiting.isEmpty()) {
        schedule(lane, now); // behind the other lanes, which have waited longer
      }
    }
    return taken;
  }

  /**
   * Returns the next lane that may be taken, without removing it; null if there is none. Lanes
   * before it that lack a place or a channel are moved to the sets of waiting lanes.
   */
  private Lane nextLane(Predicate<String> hasChannel) {
    while (true) {
      Set<Lane> lanes = ready.isEmpty() ? lowPriority : ready;
      Iterator<Lane> each = lanes.iterator();
      if (!each.hasNext()) {
        return null;
      }
      Lane lane = each.next();
      boolean hasPlace = lane.tenant.freePlaces() > 0;
      if (hasPlace && hasChannel.test(lane.tenant.name)) {
        return lane;
      }
      each.remove();
      (hasPlace ? withoutChannel : lane.tenant.blockedLanes).add(lane);
    }
  }

  /** Makes all lanes ready that waited for a channel. */
  void onChannelAvailable() {
    for (Lane lane : withoutChannel) {
      (lane.lowPriority ? lowPriority : ready).add(lane);
    }
    withoutChannel.clear();
  }

  /**
   * Moves to {@link #ready} the lanes that have been held for long enough without a confirm, and
   * the low-priority lanes that have let others go first for long enough.
   */
  private void releaseExpired(long now) {
    releaseExpired(held, now);
    releaseExpired(heldUnhurried, now);
    if (!ready.isEmpty()) {
      releaseExpired(lowPriority, now);
    }
  }

  private void releaseExpired(Set<Lane> lanes, long now) {
    for (Iterator<Lane> each = lanes.iterator(); each.hasNext(); ) {
      Lane lane = each.next();
      if (now - lane.heldUntil < 0) {
        return;
      }
      each.remove();
      ready.add(lane);
    }
  }

  /** Returns the time until a lane is ready; MAX_VALUE if none waits for a time. */
  long nanosToNext(long now) {
    if (!ready.isEmpty() || !lowPriority.isEmpty()) {
      return 0;
    }
    return Math.min(nanosToFirst(held, now), nanosToFirst(heldUnhurried, now));
  }

  private static long nanosToFirst(Set<Lane> lanes, long now) {
    return lanes.isEmpty() ? Long.MAX_VALUE : lanes.iterator().next().heldUntil - now;
  }

  /** Notes that a message was given up; it still counts as unconfirmed. */
  void onGivenUp(BatchKey key) {
    lanes.get(key).tenant.givenUp++;
  }

  /** Notes that RabbitMQ confirmed or nacked a message that was given up. */
  void onGivenUpConfirmed(BatchKey key, long now) {
    lanes.get(key).tenant.givenUp--;
    onConfirmed(key, now);
  }

  /** Notes that the channel of a message that was given up is lost. */
  void onGivenUpLost(BatchKey key, long now) {
    lanes.get(key).tenant.givenUp--;
    onChannelLost(key, now);
  }

  /**
   * Returns whether the publication's tenant is stuck: its inboxes do not confirm, while others do.
   */
  boolean isStuck(Publication publication) {
    return fullTenants > 0 && activeTenantOf(publication).filter(this::isStuck).isPresent();
  }

  /** Returns the publication's tenant; empty if the tenant has no lanes. */
  private Optional<Tenant> activeTenantOf(Publication publication) {
    return Optional.ofNullable(tenants.get(publication.key().tenant()));
  }

  private boolean isStuck(Tenant tenant) {
    return tenant.freePlaces() <= 0
        && (tenant.givenUp > 0 || confirmedAt - tenant.progressAt >= STUCK_AFTER.toNanos());
  }

  /** Removes all publications for stuck tenants. */
  List<Publication> removeStuck() {
    boolean isAny = fullTenants > 0 && tenants.values().stream().anyMatch(this::isStuck);
    return isAny ? removeIf(this::isStuck) : List.of();
  }

  /** Returns whether the publication's tenant is at its limit of unconfirmed messages. */
  boolean isFull(Publication publication) {
    return fullTenants > 0
        && activeTenantOf(publication).filter(tenant -> tenant.freePlaces() <= 0).isPresent();
  }

  /** Returns whether a message for this tenant is unconfirmed, given-up ones included. */
  boolean hasUnconfirmed(String tenant) {
    Tenant known = tenants.get(tenant);
    return known != null && known.unconfirmed > 0;
  }

  /** Notes that RabbitMQ confirmed or nacked a message of this key. */
  void onConfirmed(BatchKey key, long now) {
    confirmedAt = now;
    removeUnconfirmed(key, now);
  }

  /** Notes that the channel of an unconfirmed message of this key is lost. */
  void onChannelLost(BatchKey key, long now) {
    removeUnconfirmed(key, now);
  }

  private void removeUnconfirmed(BatchKey key, long now) {
    Lane lane = lanes.get(key);
    lane.unconfirmed--;
    if (lane.tenant.freePlaces() == 0) {
      fullTenants--;
    }
    lane.tenant.unconfirmed--;
    lane.tenant.progressAt = now;
    unblockLanes(lane.tenant);
    if (lane.waiting.isEmpty()) {
      forgetIfIdle(lane);
    } else if (lane.isReady() && held.remove(lane)) {
      (lane.lowPriority ? lowPriority : ready).add(lane);
    }
  }

  private void unblockLanes(Tenant tenant) {
    Iterator<Lane> each = tenant.blockedLanes.iterator();
    for (int places = tenant.freePlaces(); places > 0 && each.hasNext(); places--) {
      ready.add(each.next());
      each.remove();
    }
  }

  /** Notes that the connection is lost, and with it all unconfirmed messages. */
  void onConnectionLost() {
    fullTenants = 0;
    for (Tenant tenant : tenants.values()) {
      tenant.unconfirmed = 0;
      tenant.givenUp = 0;
      ready.addAll(tenant.blockedLanes);
      tenant.blockedLanes.clear();
    }
    for (Lane lane : List.copyOf(lanes.values())) {
      lane.unconfirmed = 0;
      forgetIfIdle(lane);
    }
    ready.addAll(held);
    held.clear();
    onChannelAvailable();
  }

  private void forgetIfIdle(Lane lane) {
    if (lane.waiting.isEmpty()) {
      // The lane is in one of these sets at most.
      boolean hadPlace =
          ready.remove(lane) || lowPriority.remove(lane) || withoutChannel.remove(lane);
      held.remove(lane);
      heldUnhurried.remove(lane);
      lane.tenant.blockedLanes.remove(lane);
      if (hadPlace) {
        unblockLanes(lane.tenant); // the place is free for another lane
      }
      if (lane.unconfirmed == 0 && lanes.remove(lane.key) != null && --lane.tenant.lanes == 0) {
        tenants.remove(lane.tenant.name);
      }
    }
  }

  /** Removes this publication; returns whether it was waiting. */
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

  /** Removes and returns all publications that meet the condition. */
  List<Publication> removeIf(Predicate<Publication> condition) {
    List<Publication> removed = new ArrayList<>();
    for (Lane lane : List.copyOf(lanes.values())) {
      lane.waiting.removeIf(
          publication -> {
            boolean matches = condition.test(publication);
            if (matches) {
              removed.add(publication);
              lane.bytes -= Lane.bytesOf(publication);
            }
            return matches;
          });
      forgetIfIdle(lane);
    }
    size -= removed.size();
    return removed;
  }
}
