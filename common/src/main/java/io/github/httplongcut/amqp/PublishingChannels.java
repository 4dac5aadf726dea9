package io.github.httplongcut.amqp;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channels of the publishing connection. The main channel carries the fences, and all that goes
 * to no tenant. A tenant has another channel to itself while messages to its inboxes are under way:
 *
 * <pre>
 *   opened ──▶ idle ──(a message for a tenant)──▶ assigned ──(nothing under way)──▶ idle
 *               │                                    │ it was slow
 *               └──────(idle for a minute)───────────┴──▶ retired ──▶ closed
 * </pre>
 *
 * <p>RabbitMQ works through a channel in order, and its first message to a quorum queue waits for
 * that queue for up to 5 s. So an inbox that does not answer holds up its own tenant only. A
 * channel with nothing under way is held up by nobody, and serves any tenant next.
 *
 * <p>Tenants share channels once there are as many as there may be. Not synchronized: {@link
 * Publisher} guards it. Only the link's thread opens and closes channels.
 */
final class PublishingChannels {

  /** Channels for tenants; RabbitMQ's own limit ({@code channel_max}) is 2,047 by default. */
  static final int MOST = 1_000;

  /** A channel that no tenant has needed for so long is closed. */
  static final Duration IDLE = Duration.ofMinutes(1);

  /** A tenant waits for so long after RabbitMQ has closed its channel. */
  static final Duration PAUSE = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(PublishingChannels.class);
  private static final int NO_LIMIT = 0;

  /** The one channel of a connection that must be there; null without a connection. */
  private PublishingChannel main;

  /** All others, until they are closed and what was under way on them is dealt with. */
  private final Set<PublishingChannel> others = new LinkedHashSet<>();

  /** The main channel, and those that are assigned. */
  private final Set<PublishingChannel> used = new LinkedHashSet<>();

  /** The channel of each tenant with messages under way. */
  private final Map<String, PublishingChannel> assigned = new HashMap<>();

  /** Those that no tenant has, the one used last first. */
  private final ArrayDeque<PublishingChannel> idle = new ArrayDeque<>();

  private final ArrayDeque<PublishingChannel> retired = new ArrayDeque<>();

  /** Those that RabbitMQ has closed. */
  private final ArrayDeque<PublishingChannel> dead = new ArrayDeque<>();

  /** Tenants whose channel RabbitMQ has closed, and until when they wait. */
  private final Map<String, Long> paused = new HashMap<>();

  private boolean wanted;
  private OptionalLong openingSince = OptionalLong.empty();
  private int mostOfAll = MOST;
  private int most;

  /**
   * Begins with a new connection.
   *
   * @param channelMax channels that RabbitMQ allows on it, the main one included; 0: any number
   */
  void open(PublishingChannel main, int channelMax) {
    this.main = main;
    used.add(main);
    most = channelMax == NO_LIMIT ? mostOfAll : Math.min(mostOfAll, channelMax - 1);
  }

  /** Ends with the connection. */
  void forgetAll() {
    all().forEach(PublishingChannel::onLost);
    main = null;
    others.clear();
    used.clear();
    assigned.clear();
    idle.clear();
    retired.clear();
    dead.clear();
    paused.clear();
    wanted = false;
    onOpened();
  }

  /** Returns whether there is a connection. */
  boolean areThere() {
    return main != null;
  }

  boolean areOpen() {
    return main != null && main.isOpen();
  }

  boolean isMain(PublishingChannel channel) {
    return channel == main;
  }

  /** Every channel. Only the link's thread changes which there are. */
  List<PublishingChannel> all() {
    List<PublishingChannel> all = new ArrayList<>(others);
    if (main != null) {
      all.add(main);
    }
    return all;
  }

  /** The channels on which anything may be under way. */
  Collection<PublishingChannel> used() {
    return used;
  }

  /** Returns whether what goes to this owner's inboxes may be written now. */
  boolean isThereOneFor(String owner) {
    if (owner.equals(Topology.NOBODY)) {
      return true;
    }
    PublishingChannel own = assigned.get(owner);
    if (own != null) {
      return !own.isShut();
    }
    return !paused.containsKey(owner) && (!idle.isEmpty() || shared().isPresent());
  }

  /** The same; if the answer is no, another channel is opened where that helps. */
  boolean isThereOneOrWanted(String owner) {
    boolean isThere = isThereOneFor(owner);
    wanted |= !isThere && !assigned.containsKey(owner) && !paused.containsKey(owner);
    return isThere;
  }

  /** The channel for this owner, for which {@link #isThereOneFor} holds. */
  PublishingChannel take(String owner) {
    if (owner.equals(Topology.NOBODY)) {
      return main;
    }
    return assigned.computeIfAbsent(
        owner,
        tenant -> {
          PublishingChannel channel = idle.isEmpty() ? shared().orElseThrow() : idle.pop();
          channel.tenants().add(tenant);
          used.add(channel);
          return channel;
        });
  }

  /**
   * The channel that a further tenant shares, if there may be no other: the one whose oldest
   * message has been under way for the shortest time, and so is hardly held up.
   */
  private Optional<PublishingChannel> shared() {
    if (others.size() < most) {
      return Optional.empty();
    }
    if (most == 0) {
      return Optional.of(main);
    }
    PublishingChannel best = null;
    for (PublishingChannel each : used) {
      if (each != main && !each.isShut() && (best == null || isFresher(each, best))) {
        best = each;
      }
    }
    return Optional.ofNullable(best);
  }

  private static boolean isFresher(PublishingChannel one, PublishingChannel other) {
    if (one.isSlow() != other.isSlow()) {
      return other.isSlow();
    }
    return one.unconfirmed().oldestWrittenAt() - other.unconfirmed().oldestWrittenAt() > 0;
  }

  /**
   * Notes that nothing more is under way for this owner.
   *
   * @return whether another tenant can have its channel
   */
  boolean release(String owner, long now) {
    PublishingChannel channel = assigned.remove(owner);
    if (channel == null) {
      return false;
    }
    channel.tenants().remove(owner);
    if (channel == main || channel.isShut() || !channel.tenants().isEmpty()) {
      return false;
    }
    used.remove(channel);
    if (channel.isSlow()) {
      retired.add(channel);
      return false;
    }
    channel.onIdle(now);
    idle.push(channel);
    return true;
  }

  /**
   * Adds a channel that the link's thread has opened; if there is none, RabbitMQ allows no more.
   */
  void add(Optional<PublishingChannel> opened, long now) {
    if (opened.isEmpty()) {
      limit(others.size());
      return;
    }
    PublishingChannel channel = opened.get();
    others.add(channel);
    if (channel.isShut()) {
      dead.add(channel);
    } else {
      channel.onIdle(now);
      idle.addLast(channel);
    }
  }

  /** Notes that a channel was closed. */
  void onShut(PublishingChannel channel) {
    channel.onShut();
    if (others.contains(channel)) {
      idle.remove(channel);
      retired.remove(channel);
      dead.add(channel);
    }
  }

  /**
   * Notes that RabbitMQ has closed the connection rather than open a further channel: its user may
   * have no more. The user's other processes have channels too, so this one is content with half of
   * what it had, for as long as it runs: it cannot lose one connection after another by this.
   */
  void onRefused() {
    mostOfAll = others.size() / 2;
    limit(mostOfAll);
  }

  private void limit(int channels) {
    most = channels;
    log.warn(
        "event=publishing_channels_limited most={} why=\"RabbitMQ allows no more channels; tenants"
            + " share them, and one with a slow inbox may hold up others\"",
        channels);
  }

  /** Returns whether the link's thread has a channel to open, to close or to give up. */
  boolean needCare() {
    return wanted || !dead.isEmpty() || !retired.isEmpty();
  }

  /** Returns, once, whether another channel is to be opened; that takes until {@link #onOpened}. */
  boolean takeWanted(long now) {
    openingSince = wanted && others.size() < most ? OptionalLong.of(now) : OptionalLong.empty();
    wanted = false;
    return openingSince.isPresent();
  }

  /** Notes that RabbitMQ owes no reply to the opening of a channel any more. */
  void onOpened() {
    openingSince = OptionalLong.empty();
  }

  /** Takes a channel that RabbitMQ has closed, if there is one. Its tenants wait a moment. */
  Optional<PublishingChannel> takeDead(long now) {
    PublishingChannel channel = dead.poll();
    if (channel != null) {
      forget(channel);
      for (String tenant : channel.tenants()) {
        assigned.remove(tenant);
        paused.put(tenant, now + PAUSE.toNanos());
      }
    }
    return Optional.ofNullable(channel);
  }

  /** Takes a channel that is to be closed, if there is one. */
  Optional<PublishingChannel> takeRetired() {
    PublishingChannel channel = retired.poll();
    if (channel != null) {
      forget(channel);
    }
    return Optional.ofNullable(channel);
  }

  private void forget(PublishingChannel channel) {
    channel.onLost();
    others.remove(channel);
    used.remove(channel);
  }

  /**
   * Retires channels that have been idle for too long, and ends pauses.
   *
   * @return whether a pause has ended
   */
  boolean onTime(long now) {
    while (!idle.isEmpty() && idle.peekLast().idleNanos(now) >= IDLE.toNanos()) {
      retired.add(idle.pollLast());
    }
    return paused.values().removeIf(until -> now - until >= 0);
  }

  /** Bytes that RabbitMQ may not have read yet, about. */
  long bytes() {
    long bytes = 0;
    for (PublishingChannel each : used) {
      bytes += each.unconfirmed().bytes();
    }
    return bytes;
  }

  /** Messages that RabbitMQ has not confirmed, those given up not included. */
  int unconfirmed() {
    int size = 0;
    for (PublishingChannel each : used) {
      size += each.unconfirmed().size();
    }
    return size;
  }

  /** Longest {@link Unconfirmed#unreadNanos}. */
  long unreadNanos(long now) {
    long nanos = 0;
    for (PublishingChannel each : used) {
      nanos = Math.max(nanos, each.unconfirmed().unreadNanos(now));
    }
    return nanos;
  }

  /** Longest {@link Unconfirmed#owedNanos}, or time for which RabbitMQ has not opened a channel. */
  long owedNanos(long now) {
    long nanos = openingSince.isPresent() ? now - openingSince.getAsLong() : 0;
    for (PublishingChannel each : used) {
      nanos = Math.max(nanos, each.unconfirmed().owedNanos(now));
    }
    return nanos;
  }
}
