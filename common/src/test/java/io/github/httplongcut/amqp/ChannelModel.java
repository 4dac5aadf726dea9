package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.Consumers.Change;
import io.github.httplongcut.amqp.DeliveryTags.Ack;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * RabbitMQ's side of one consuming channel, and the record of what the process asked of it. Asserts
 * that the writes are legal, and that each was asked for on this channel.
 */
final class ChannelModel {

  /** A write that RabbitMQ processes later, in order. */
  private interface Write {
    void process();
  }

  final int epoch;
  boolean open = true;

  /** Tags that were delivered, and are neither acked nor rejected at RabbitMQ. */
  private final TreeSet<Long> outstanding = new TreeSet<>();

  /** Tags to ack, and tags to reject, that RabbitMQ has not processed yet. */
  private final Set<Long> toAck = new HashSet<>();

  private final Set<Long> toReject = new HashSet<>();

  /** Tags whose acks or rejections are not written yet, with the time of the request. */
  private final Map<Long, Long> unwritten = new LinkedHashMap<>();

  /** Tags that RabbitMQ has acked, and those of them that a reply to a fence covers. */
  private final Set<Long> acked = new HashSet<>();

  private final Set<Long> settled = new HashSet<>();

  /** Tags to settle whose settlement is not told yet. */
  private final Set<Long> settling = new HashSet<>();

  private final Deque<Write> inFlight = new ArrayDeque<>();
  private final Map<String, Map<String, Integer>> consumers = new HashMap<>();
  private Optional<SentFence> outstandingFence = Optional.empty();
  private Optional<SentFence> reply = Optional.empty();
  private Set<Long> coveredByReply = Set.of();
  private long lastTag;

  ChannelModel(int epoch) {
    this.epoch = epoch;
  }

  // RabbitMQ.

  /** Delivers a message; returns its tag. */
  long deliver() {
    outstanding.add(++lastTag);
    return lastTag;
  }

  /** Processes the oldest write that is in flight; returns whether there was one. */
  boolean processOne() {
    Write next = inFlight.poll();
    if (next != null) {
      next.process();
    }
    return next != null;
  }

  /** Takes RabbitMQ's reply to the outstanding fence, if RabbitMQ has sent it. */
  Optional<SentFence> takeReply() {
    Optional<SentFence> taken = reply;
    if (taken.isPresent()) {
      settled.addAll(coveredByReply);
      outstandingFence = Optional.empty();
      reply = Optional.empty();
    }
    return taken;
  }

  /** Breaks the channel: what is in flight to RabbitMQ is lost, and the other way if asked for. */
  void breakDown(boolean replyIsLost) {
    open = false;
    inFlight.clear();
    consumers.clear();
    if (replyIsLost) {
      reply = Optional.empty();
    }
  }

  // Requests of the process.

  void onAck(long tag, long now) {
    assertThat(toAck.add(tag)).as("asked once").isTrue();
    unwritten.put(tag, now);
  }

  void onReject(long tag, long now) {
    assertThat(toReject.add(tag)).as("asked once").isTrue();
    unwritten.put(tag, now);
  }

  void onSettle(long tag, long now) {
    onAck(tag, now);
    settling.add(tag);
  }

  /**
   * Notes that the listener is told that a delivery is settled. Returns whether it may be told:
   * RabbitMQ has replied to a fence after the ack, and the listener was not told before.
   */
  boolean onSettledTold(long tag) {
    return settled.contains(tag) && settling.remove(tag);
  }

  boolean isEverySettlementTold() {
    return settling.isEmpty();
  }

  /** Forgets requests that the state ignores, because its epoch is over. */
  void onOver() {
    unwritten.clear();
  }

  boolean isEverythingWritten() {
    return unwritten.isEmpty();
  }

  /** Returns the time for which the oldest ack or rejection waits to be written. */
  long longestDelay(long now) {
    return unwritten.values().stream().mapToLong(since -> now - since).max().orElse(0);
  }

  boolean isFenceOutstanding() {
    return outstandingFence.isPresent();
  }

  int prefetchOf(String queue) {
    return consumers.getOrDefault(queue, Map.of()).values().stream()
        .mapToInt(Integer::intValue)
        .sum();
  }

  // Writes of the link's thread.

  /** Starts and cancels consumers. RabbitMQ replies, and so has processed all writes before. */
  void apply(Change change) {
    assertThat(open).as("open").isTrue();
    while (processOne()) {
      // RabbitMQ processes a channel in order
    }
    Map<String, Integer> ofQueue =
        consumers.computeIfAbsent(change.queue(), queue -> new LinkedHashMap<>());
    if (change.started().isPresent()) {
      var started = change.started().get();
      assertThat(ofQueue.put(started.tag(), started.prefetch())).as("a new tag").isNull();
    }
    for (String tag : change.cancelledTags()) {
      assertThat(ofQueue.remove(tag)).as("a consumer to cancel").isNotNull();
    }
  }

  void writeReject(long tag) {
    assertThat(open).as("open").isTrue();
    assertThat(toReject).as("asked for on this channel").contains(tag);
    assertThat(unwritten.remove(tag)).as("written once").isNotNull();
    inFlight.add(
        () -> {
          toReject.remove(tag);
          assertThat(outstanding.remove(tag)).as("outstanding").isTrue();
        });
  }

  /** Writes an ack; the tags that it covers must all be asked for. */
  void writeAck(Ack ack) {
    assertThat(open).as("open").isTrue();
    if (ack.multiple()) {
      unwritten.keySet().removeIf(tag -> toAck.contains(tag) && tag <= ack.tag());
    } else {
      assertThat(unwritten.remove(ack.tag())).as("written once").isNotNull();
    }
    inFlight.add(
        () -> {
          assertThat(outstanding).as("outstanding").contains(ack.tag());
          Set<Long> covered =
              ack.multiple()
                  ? new TreeSet<>(outstanding.headSet(ack.tag(), true))
                  : Set.of(ack.tag());
          assertThat(toAck).as("asked for on this channel").containsAll(covered);
          outstanding.removeAll(covered);
          toAck.removeAll(covered);
          acked.addAll(covered);
        });
  }

  void writeFence(SentFence fence) {
    assertThat(open).as("open").isTrue();
    assertThat(outstandingFence).as("the outstanding fence").isEmpty();
    outstandingFence = Optional.of(fence);
    inFlight.add(
        () -> {
          reply = Optional.of(fence);
          coveredByReply = Set.copyOf(acked);
        });
  }
}
