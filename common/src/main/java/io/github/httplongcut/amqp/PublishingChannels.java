package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.Topology;
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

/**
 * The channels of the publishing connection. The main channel carries fences and all messages that
 * go to no tenant. Each tenant with unconfirmed messages has a channel of its own:
 *
 * <pre>
 *   opened ──▶ idle ──(a message for a tenant)──▶ assigned ──(all confirmed)──▶ idle
 *               │                                    │ it was slow
 *               └──────(idle for a minute)───────────┴──▶ retired ──▶ closed
 * </pre>
 *
 * <p>RabbitMQ processes a channel in order, and a channel's first message to a quorum queue waits
 * for that queue for up to 5 s. With separate channels, an inbox that does not answer delays only
 * its own tenant. A channel without unconfirmed messages is not delayed, so any tenant may use it
 * next.
 *
 * <p>Once the limit of channels is reached, tenants share channels. Not synchronized: {@link
 * PublisherMonitor} guards it. Only the link's thread opens and closes channels.
 */
final class PublishingChannels {

  /** Limit of tenant channels. RabbitMQ's own limit ({@code channel_max}) is 2,047 by default. */
  static final int MAX_CHANNELS = 1_000;

  /** Time after which an idle channel is closed. */
  static final Duration MAX_IDLE = Duration.ofMinutes(1);

  /** Time for which a tenant waits for a new channel after RabbitMQ has closed its last one. */
  static final Duration REOPEN_DELAY = Duration.ofSeconds(1);

  private static final int NO_LIMIT = 0;

  /** The main channel; null without a connection. */
  private PublishingChannel main;

  /** All channels but the main one, until {@link #takeRetired} or {@link #removeClosed}. */
  private final Set<PublishingChannel> tenantChannels = new LinkedHashSet<>();

  /** The main channel and the assigned ones. */
  private final Set<PublishingChannel> active = new LinkedHashSet<>();

  /** The channel of each tenant with unconfirmed messages. */
  private final Map<String, PublishingChannel> assigned = new HashMap<>();

  /** Channels without a tenant, the most recently used one first. */
  private final ArrayDeque<PublishingChannel> idle = new ArrayDeque<>();

  /** Channels that the link's thread must close. */
  private final ArrayDeque<PublishingChannel> retired = new ArrayDeque<>();

  /** Tenant channels that RabbitMQ has closed and whose messages are not requeued yet. */
  private final ArrayDeque<PublishingChannel> closed = new ArrayDeque<>();

  /** Tenants whose channel RabbitMQ has closed, with the time until which they wait. */
  private final Map<String, Long> paused = new HashMap<>();

  private boolean openRequested;
  private OptionalLong openingSince = OptionalLong.empty();
  private int lifetimeLimit = MAX_CHANNELS;
  private int limit;

  /**
   * Starts with a new connection.
   *
   * @param channelMax most channels that RabbitMQ allows on the connection, the main one included;
   *     0 for no limit
   */
  void open(PublishingChannel main, int channelMax) {
    this.main = main;
    active.add(main);
    limit = channelMax == NO_LIMIT ? lifetimeLimit : Math.min(lifetimeLimit, channelMax - 1);
  }

  /** Forgets all channels of a lost connection. */
  void forgetAll() {
    all().forEach(PublishingChannel::onLost);
    main = null;
    tenantChannels.clear();
    active.clear();
    assigned.clear();
    idle.clear();
    retired.clear();
    closed.clear();
    paused.clear();
    openRequested = false;
    onOpened();
  }

  /** Returns whether there is a connection. */
  boolean isConnected() {
    return main != null;
  }

  /** Returns the main channel; null without a connection. */
  PublishingChannel main() {
    return main;
  }

  boolean isMain(PublishingChannel channel) {
    return channel == main;
  }

  /** Returns all channels, which only the link's thread adds and removes. */
  List<PublishingChannel> all() {
    List<PublishingChannel> all = new ArrayList<>(tenantChannels);
    if (main != null) {
      all.add(main);
    }
    return all;
  }

  /** Returns the channels that may have unconfirmed messages. */
  Collection<PublishingChannel> active() {
    return active;
  }

  /** Returns whether a message for this tenant could be written now. */
  boolean isAvailableFor(String tenant) {
    if (tenant.equals(Topology.NO_TENANT)) {
      return true;
    }
    PublishingChannel own = assigned.get(tenant);
    if (own != null) {
      return !own.isShutDown();
    }
    return !paused.containsKey(tenant) && (!idle.isEmpty() || sharedChannel().isPresent());
  }

  /**
   * Returns whether a message for this tenant could be written now. If not, and a further channel
   * would help, requests one from the link's thread.
   */
  boolean isAvailableOrRequested(String tenant) {
    boolean available = isAvailableFor(tenant);
    openRequested |= !available && !assigned.containsKey(tenant) && !paused.containsKey(tenant);
    return available;
  }

  /** Returns the channel for this tenant, for which {@link #isAvailableFor} must hold. */
  PublishingChannel take(String tenant) {
    if (tenant.equals(Topology.NO_TENANT)) {
      return main;
    }
    return assigned.computeIfAbsent(
        tenant,
        name -> {
          PublishingChannel channel = idle.isEmpty() ? sharedChannel().orElseThrow() : idle.pop();
          channel.tenants().add(name);
          active.add(channel);
          return channel;
        });
  }

  /**
   * Returns the channel that a further tenant shares once the limit is reached: the least delayed
   * one. Prefers channels that are not slow, and of these the one whose oldest unconfirmed message
   * was written last. Empty before the limit, and if no channel can be shared.
   */
  private Optional<PublishingChannel> sharedChannel() {
    if (tenantChannels.size() < limit) {
      return Optional.empty();
    }
    if (limit == 0) {
      return Optional.of(main);
    }
    PublishingChannel best = null;
    for (PublishingChannel each : active) {
      if (each != main && !each.isShutDown() && (best == null || isLessDelayed(each, best))) {
        best = each;
      }
    }
    return Optional.ofNullable(best);
  }

  private static boolean isLessDelayed(PublishingChannel one, PublishingChannel other) {
    if (one.isSlow() != other.isSlow()) {
      return other.isSlow();
    }
    return one.unconfirmed().oldestWrittenAt() - other.unconfirmed().oldestWrittenAt() > 0;
  }

  /**
   * Notes that this tenant has no unconfirmed messages.
   *
   * @return whether another tenant can use its channel now
   */
  boolean release(String tenant, long now) {
    PublishingChannel channel = assigned.remove(tenant);
    if (channel == null) {
      return false;
    }
    channel.tenants().remove(tenant);
    if (channel == main || channel.isShutDown() || !channel.tenants().isEmpty()) {
      return false;
    }
    active.remove(channel);
    if (channel.isSlow()) {
      retired.add(channel);
      return false;
    }
    channel.onIdle(now);
    idle.push(channel);
    return true;
  }

  /** Adds a channel that the link's thread has opened. */
  void add(PublishingChannel channel, long now) {
    tenantChannels.add(channel);
    if (channel.isShutDown()) {
      closed.add(channel);
    } else {
      channel.onIdle(now);
      idle.addLast(channel);
    }
  }

  /** Notes that a channel was closed. */
  void onShutdown(PublishingChannel channel) {
    channel.onShutdown();
    if (tenantChannels.contains(channel)) {
      idle.remove(channel);
      retired.remove(channel);
      closed.add(channel);
    }
  }

  /**
   * Notes that the connection has its maximum number of channels.
   *
   * @return the limit from now on
   */
  int onExhausted() {
    limit = tenantChannels.size();
    return limit;
  }

  /**
   * Notes that RabbitMQ has closed the connection instead of opening a channel, because of a limit
   * for the user. Other processes of the user may open channels, too. So from now on this process
   * opens at most half as many tenant channels as it has now, on any connection; otherwise it could
   * lose one connection after another.
   *
   * @return the limit from now on
   */
  int onRefused() {
    lifetimeLimit = tenantChannels.size() / 2;
    limit = lifetimeLimit;
    return limit;
  }

  /** Returns whether the link's thread must open, close or remove a channel. */
  boolean hasChannelWork() {
    return openRequested || !closed.isEmpty() || !retired.isEmpty();
  }

  /**
   * Returns whether the link's thread must open a channel, and forgets the request for it. If true,
   * {@link #unansweredNanos} counts the time from now until {@link #onOpened}.
   */
  boolean takeOpenRequest(long now) {
    openingSince =
        openRequested && tenantChannels.size() < limit
            ? OptionalLong.of(now)
            : OptionalLong.empty();
    openRequested = false;
    return openingSince.isPresent();
  }

  /** Notes that the attempt to open a channel has ended. */
  void onOpened() {
    openingSince = OptionalLong.empty();
  }

  /** Returns a tenant channel that RabbitMQ has closed, if there is one. */
  Optional<PublishingChannel> nextClosed() {
    return Optional.ofNullable(closed.peek());
  }

  /** Removes a channel that RabbitMQ has closed. Its tenants wait a second for the next one. */
  void removeClosed(PublishingChannel channel, long now) {
    closed.remove(channel);
    forget(channel);
    for (String tenant : channel.tenants()) {
      assigned.remove(tenant);
      paused.put(tenant, now + REOPEN_DELAY.toNanos());
    }
  }

  /** Removes and returns a channel that must be closed, if there is one. */
  Optional<PublishingChannel> takeRetired() {
    PublishingChannel channel = retired.poll();
    if (channel != null) {
      forget(channel);
    }
    return Optional.ofNullable(channel);
  }

  private void forget(PublishingChannel channel) {
    channel.onLost();
    tenantChannels.remove(channel);
    active.remove(channel);
  }

  /**
   * Retires channels that have been idle for {@link #MAX_IDLE}, and ends tenants' waits.
   *
   * @return whether a tenant's wait has ended
   */
  boolean checkTimeouts(long now) {
    while (!idle.isEmpty() && idle.peekLast().idleNanos(now) >= MAX_IDLE.toNanos()) {
      retired.add(idle.pollLast());
    }
    return paused.values().removeIf(until -> now - until >= 0);
  }

  /** Returns the bytes that RabbitMQ may not have read yet, estimated. */
  long bytes() {
    long bytes = 0;
    for (PublishingChannel each : active) {
      bytes += each.unconfirmed().bytes();
    }
    return bytes;
  }

  /** Returns the number of unconfirmed messages, without those given up. */
  int unconfirmed() {
    int size = 0;
    for (PublishingChannel each : active) {
      size += each.unconfirmed().size();
    }
    return size;
  }

  /** Returns the longest {@link Unconfirmed#unreadNanos} of all channels. */
  long unreadNanos(long now) {
    long nanos = 0;
    for (PublishingChannel each : active) {
      nanos = Math.max(nanos, each.unconfirmed().unreadNanos(now));
    }
    return nanos;
  }

  /**
   * Returns the longest time for which RabbitMQ has not answered: {@link
   * Unconfirmed#unansweredNanos}, or the time since the attempt to open a channel.
   */
  long unansweredNanos(long now) {
    long nanos = openingSince.isPresent() ? now - openingSince.getAsLong() : 0;
    for (PublishingChannel each : active) {
      nanos = Math.max(nanos, each.unconfirmed().unansweredNanos(now));
    }
    return nanos;
  }
}
