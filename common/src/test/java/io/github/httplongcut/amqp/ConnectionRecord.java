package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.amqp.SimulatedChannel.Message;
import io.github.httplongcut.session.Publication;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Plain record of the publishing connection in a {@link PublisherHistory}. Asserts the invariants
 * of writes: one at a time, only while writing is allowed, on the right channel, and not too many.
 */
final class ConnectionRecord {

  private final List<SimulatedChannel> channels = new ArrayList<>();
  private final Set<String> reached;
  private SimulatedChannel main;
  private int limit;
  private int lifetimeLimit = PublishingChannels.MAX_CHANNELS;
  private boolean blocked;
  private boolean held;
  private boolean failed;
  private boolean replacing;
  private boolean closed;

  /** The channel of the write that has begun and not ended; null if there is none. */
  private SimulatedChannel writing;

  private OptionalLong fenceSentAt = OptionalLong.empty();
  private OptionalLong openingSince = OptionalLong.empty();

  /**
   * Creates a record without a connection.
   *
   * @param reached set to which rare situations are added
   */
  ConnectionRecord(Set<String> reached) {
    this.reached = reached;
  }

  /** Returns the main channel; null without a connection. */
  SimulatedChannel main() {
    return main;
  }

  /** Returns the channels of the connection. */
  List<SimulatedChannel> channels() {
    return channels;
  }

  boolean isBlocked() {
    return blocked;
  }

  boolean isClosed() {
    return closed;
  }

  /** Returns whether nothing can be written for lack of a connection or of an inbox. */
  boolean isCutOff() {
    return main == null || held;
  }

  boolean isFenceOutstanding() {
    return fenceSentAt.isPresent();
  }

  // Events.

  void onConnected(SimulatedChannel main, int channelMax) {
    this.main = main;
    channels.add(main);
    failed = false;
    replacing = false;
    blocked = false;
    limit = channelMax == 0 ? lifetimeLimit : Math.min(lifetimeLimit, channelMax - 1);
  }

  /** Forgets the connection. Returns the unconfirmed messages. */
  List<Message> onLost() {
    List<Message> lost = new ArrayList<>();
    List.copyOf(channels).forEach(each -> lost.addAll(remove(each)));
    main = null;
    blocked = false;
    fenceSentAt = OptionalLong.empty();
    openingSince = OptionalLong.empty();
    return lost;
  }

  /** Closes the connection: the {@link PublisherState} does not know that yet. */
  void cut() {
    channels.forEach(each -> each.open = false);
  }

  /** Removes a channel. Returns its unconfirmed messages. */
  List<Message> remove(SimulatedChannel channel) {
    channel.gone = true;
    assertThat(channels.remove(channel)).as("%s is known", channel).isTrue();
    return channel.answer(Long.MAX_VALUE, true);
  }

  void hold(boolean held) {
    this.held = held;
  }

  void close() {
    closed = true;
  }

  void replace() {
    replacing = true;
    reached.add("a replacement");
  }

  void onBlocked(SimulatedChannel main) {
    if (!main.gone && !closed && !failed) {
      blocked = true;
      replacing = false;
    }
  }

  void onUnblocked(SimulatedChannel main) {
    blocked &= main.gone;
  }

  void onFenceSent(long now) {
    begin(main);
    fenceSentAt = OptionalLong.of(now);
    channels.forEach(SimulatedChannel::onFenceSent);
  }

  void onFenceAnswered(SimulatedChannel main) {
    if (!main.gone) {
      fenceSentAt = OptionalLong.empty();
      channels.forEach(SimulatedChannel::onFenceAnswered);
    }
  }

  void onOpening(long now) {
    assertThat(blocked).as("opens a channel in an alarm").isFalse();
    assertThat(tenantChannels()).as("channels before another one").isLessThan(limit);
    openingSince = OptionalLong.of(now);
  }

  void onOpened(SimulatedChannel channel) {
    openingSince = OptionalLong.empty();
    channels.add(channel);
  }

  void onNotOpened(NotOpened why) {
    openingSince = OptionalLong.empty();
    switch (why) {
      case CONNECTION_IS_FULL -> limit = tenantChannels();
      case USER_IS_AT_LIMIT -> {
        lifetimeLimit = tenantChannels() / 2;
        limit = lifetimeLimit;
      }
      case FAILED -> {}
    }
    reached.add("no channel: " + why);
  }

  private int tenantChannels() {
    return channels.size() - 1;
  }

  // Writes.

  private void begin(SimulatedChannel channel) {
    assertThat(writing).as("channel on which another thread writes").isNull();
    writing = channel;
  }

  /** Notes the end of the write, and returns its channel. */
  SimulatedChannel end(WriteResult result) {
    SimulatedChannel channel = writing;
    writing = null;
    boolean closedAlone = channel.gone || (result == WriteResult.CHANNEL_CLOSED && channel != main);
    if (result != WriteResult.WRITTEN) {
      failed |= !closedAlone;
      reached.add(closedAlone ? "a write on a closed channel" : "a failed write");
    }
    return channel;
  }

  /** Checks and notes a message that a thread begins to write. */
  Message onTaken(Write write, List<TrackedPublication> publications) {
    SimulatedChannel channel = SimulatedChannel.of(write.channel());
    begin(channel);
    assertThat(closed || held || blocked || failed || replacing)
        .as("closed, held, blocked, failed or replacing")
        .isFalse();
    assertThat(channels).as("channels of the connection").contains(channel);
    if (write.message().isForTenant()) {
      assertIsForTenant(channel, write.message().tenant());
    } else {
      assertThat(channel).as("channel of messages to no tenant").isSameAs(main);
    }
    return channel.add(write, publications);
  }

  /** A tenant has one channel, and shares it only at the limit of channels. */
  private void assertIsForTenant(SimulatedChannel channel, String tenant) {
    List<Message> own = unansweredOf(tenant);
    assertThat(own)
        .as("unconfirmed messages of %s", tenant)
        .allMatch(each -> each.channel == channel)
        .hasSizeLessThan(BatchQueue.MAX_UNCONFIRMED_PER_TENANT);
    if (own.size() == BatchQueue.MAX_UNCONFIRMED_PER_TENANT - 1) {
      reached.add("a tenant at its limit");
    }
    if (own.isEmpty()) {
      assertThat(channel == main).as("on the main channel").isEqualTo(limit == 0);
      boolean shared = channel == main || !channel.unanswered.isEmpty();
      if (shared) {
        reached.add("a shared channel");
        assertThat(tenantChannels()).as("tenants' channels").isGreaterThanOrEqualTo(limit);
      }
    }
  }

  /** Checks the size of a message. The state does not count the framing of the next message. */
  static void assertHasRoom(Write write, long unread, long maxBytes) {
    long bytes = unread;
    for (Publication each : write.message().publications()) {
      bytes += each.encoded().length + 1L;
    }
    assertThat(bytes).as("bytes that RabbitMQ may not have read").isLessThanOrEqualTo(maxBytes);
  }

  /** Returns whether the link's thread must leave the connection. */
  boolean mustLeave() {
    return !main.open || closed || failed || (replacing && unconfirmed() == 0);
  }

  // Messages under way.

  /** Returns the messages without a confirm or nack, given-up ones included. */
  Stream<Message> unanswered() {
    return channels.stream().flatMap(each -> each.unanswered.values().stream());
  }

  private List<Message> unansweredOf(String tenant) {
    return unanswered().filter(each -> each.written.tenant().equals(tenant)).toList();
  }

  /** Returns whether the tenant is at its limit of unconfirmed messages. */
  boolean isFull(String tenant) {
    return unansweredOf(tenant).size() >= BatchQueue.MAX_UNCONFIRMED_PER_TENANT;
  }

  /** Returns the number of unanswered messages, without those given up. */
  int unconfirmed() {
    return (int) unanswered().filter(each -> !each.givenUp).count();
  }

  /** Returns the bytes that RabbitMQ may not have read. */
  long unreadBytes() {
    return unanswered().filter(each -> !each.read).mapToLong(each -> each.written.size()).sum();
  }

  /** Returns the longest time for which RabbitMQ has not answered. */
  long unansweredNanos(long now) {
    long messages =
        unanswered()
            .filter(each -> !each.read || !each.written.isForTenant())
            .mapToLong(each -> now - each.written.writtenAt())
            .max()
            .orElse(0);
    long fence = fenceSentAt.isPresent() ? now - fenceSentAt.getAsLong() : 0;
    long opening = openingSince.isPresent() ? now - openingSince.getAsLong() : 0;
    return Math.max(messages, Math.max(fence, opening));
  }
}
