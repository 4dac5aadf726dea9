package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.logging.LogText;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One AMQP channel with publisher confirms: RabbitMQ numbers its messages from 1, and closes it
 * alone. Not synchronized: {@link Publisher} guards it, and has one thread write at a time.
 */
final class PublishingChannel {

  /** Hears of one channel, on the connection's reader thread. */
  interface Listener {
    void onReturned(PublishingChannel from, String messageId);

    void onConfirmed(PublishingChannel from, long number, boolean multiple);

    void onNacked(PublishingChannel from, long number, boolean multiple);

    /** The channel is closed, alone or with its connection. */
    void onShut(PublishingChannel channel);
  }

  private static final Logger log = LoggerFactory.getLogger(PublishingChannel.class);

  /** A message that is already among the unconfirmed, and is to be written on that channel. */
  record Write(PublishingChannel channel, WrittenMessage message) {}

  private final Channel channel;
  private final Unconfirmed unconfirmed = new Unconfirmed();

  /** Tenants with messages under way on this channel. */
  private final Set<String> tenants = new HashSet<>();

  private long fencedUpTo;
  private long idleSince;
  private boolean slow;
  private boolean shut;
  private boolean lost;

  private PublishingChannel(Channel channel) {
    this.channel = channel;
  }

  /** Has a channel that was just opened confirm what is published on it. */
  static PublishingChannel open(Channel opened, Listener listener) throws IOException {
    PublishingChannel channel = new PublishingChannel(opened);
    opened.addShutdownListener(cause -> listener.onShut(channel));
    opened.addReturnListener(
        returned -> listener.onReturned(channel, returned.getProperties().getMessageId()));
    opened.addConfirmListener(
        (number, multiple) -> listener.onConfirmed(channel, number, multiple),
        (number, multiple) -> listener.onNacked(channel, number, multiple));
    opened.confirmSelect();
    return channel;
  }

  Unconfirmed unconfirmed() {
    return unconfirmed;
  }

  /** Tenants with messages under way on this channel. */
  Set<String> tenants() {
    return tenants;
  }

  /** Makes the next message of these publications. */
  Write next(List<Publication> publications, long now) {
    WrittenMessage message = new WrittenMessage(channel.getNextPublishSeqNo(), publications, now);
    unconfirmed.add(message);
    return new Write(this, message);
  }

  /** Writes that message; without the lock, by the one thread that writes. */
  void write(WrittenMessage message, String user, String sender) throws IOException {
    channel.basicPublish(
        message.key().exchange(),
        message.key().routingKey(),
        true,
        message.properties(user, sender),
        message.body());
  }

  /** Notes that a fence is sent behind all messages written so far, on whichever channel. */
  void onFence() {
    fencedUpTo = channel.getNextPublishSeqNo() - 1;
  }

  /** Notes that RabbitMQ has answered the last fence. */
  void onFenceAnswered() {
    unconfirmed.onRead(fencedUpTo);
  }

  /** Gives up what a tenant's inbox owes: see {@link Unconfirmed#giveUp}. */
  List<WrittenMessage> giveUp(long now, long afterNanos) {
    List<WrittenMessage> owed = unconfirmed.giveUp(now, afterNanos);
    slow |= !owed.isEmpty();
    return owed;
  }

  /** True if a queue has held up this channel for longer than the confirm timeout. */
  boolean isSlow() {
    return slow;
  }

  /** A fence on this channel. */
  Fence fence() {
    return new Fence(channel, System::nanoTime);
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** Notes that the channel has been closed, by whomever. */
  void onShut() {
    shut = true;
  }

  boolean isShut() {
    return shut;
  }

  /**
   * Notes that nothing more is expected: callbacks of this channel that come later count no more.
   */
  void onLost() {
    lost = true;
  }

  boolean isLost() {
    return lost;
  }

  void onIdle(long now) {
    idleSince = now;
  }

  long idleNanos(long now) {
    return now - idleSince;
  }

  /** The refusal for which RabbitMQ has closed the channel, if it was one. */
  Optional<Refusal> refusal() {
    return Refusal.of(channel.getCloseReason());
  }

  /** Returns RabbitMQ's reason for closing the channel, in its words. */
  String closeReason() {
    ShutdownSignalException reason = channel.getCloseReason();
    return reason == null ? "unknown" : reason.getMessage();
  }

  /** Closes the channel and waits for RabbitMQ's reply. */
  void close() {
    try {
      channel.close();
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      log.debug("event=channel_close_failed why={}", LogText.quoted(Failures.describe(e)));
    }
  }
}
