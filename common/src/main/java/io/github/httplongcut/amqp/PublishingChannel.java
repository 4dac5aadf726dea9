package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.session.Publication;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One AMQP channel with publisher confirms. Each channel numbers its messages from 1. RabbitMQ may
 * close a channel without the others. Not synchronized: {@link Publisher} guards it and lets one
 * thread write at a time.
 */
final class PublishingChannel {

  /** Receives the events of channels, on the connection's reader thread. */
  interface Listener {
    void onReturned(PublishingChannel from, String messageId);

    void onConfirmed(PublishingChannel from, long number, boolean multiple);

    void onNacked(PublishingChannel from, long number, boolean multiple);

    /** Called when the channel is closed, alone or with its connection. */
    void onShutdown(PublishingChannel channel);
  }

  private static final Logger log = LoggerFactory.getLogger(PublishingChannel.class);

  /** A message, already counted as unconfirmed, that must be written on this channel. */
  record Write(PublishingChannel channel, WrittenMessage message) {}

  private final Channel channel;
  private final Unconfirmed unconfirmed = new Unconfirmed();

  /** Tenants with unconfirmed messages on this channel. */
  private final Set<String> tenants = new HashSet<>();

  private long fencedUpTo;
  private long idleSince;
  private boolean slow;
  private boolean shutDown;
  private boolean lost;

  private PublishingChannel(Channel channel) {
    this.channel = channel;
  }

  /** Registers the listener with a new channel and turns publisher confirms on. */
  static PublishingChannel open(Channel opened, Listener listener) throws IOException {
    PublishingChannel channel = new PublishingChannel(opened);
    opened.addShutdownListener(cause -> listener.onShutdown(channel));
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

  /**
   * Returns the tenants with unconfirmed messages on this channel; the caller may change the set.
   */
  Set<String> tenants() {
    return tenants;
  }

  /** Joins these publications into the channel's next message. */
  Write next(List<Publication> publications, long now) {
    WrittenMessage message = new WrittenMessage(channel.getNextPublishSeqNo(), publications, now);
    unconfirmed.add(message);
    return new Write(this, message);
  }

  /** Writes the message. Called without the lock, by the one thread that writes. */
  void write(WrittenMessage message, String user, String sender) throws IOException {
    channel.basicPublish(
        message.key().exchange(),
        message.key().routingKey(),
        true,
        message.properties(user, sender),
        message.body());
  }

  /** Notes that a fence, on this or another channel, follows all messages written here so far. */
  void onFenceSent() {
    fencedUpTo = channel.getNextPublishSeqNo() - 1;
  }

  /** Notes that RabbitMQ has answered the last fence. */
  void onFenceAnswered() {
    unconfirmed.onRead(fencedUpTo);
  }

  /** Gives up messages that tenants' inboxes have not confirmed: see {@link Unconfirmed#giveUp}. */
  List<WrittenMessage> giveUp(long now, long afterNanos) {
    List<WrittenMessage> expired = unconfirmed.giveUp(now, afterNanos);
    slow |= !expired.isEmpty();
    return expired;
  }

  /** Returns whether a queue has delayed this channel for longer than the confirm timeout. */
  boolean isSlow() {
    return slow;
  }

  /** Returns a new fence on this channel. */
  Fence fence() {
    return new Fence(channel, System::nanoTime);
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  /** Notes that the channel is closed, by RabbitMQ or by this process. */
  void onShutdown() {
    shutDown = true;
  }

  boolean isShutDown() {
    return shutDown;
  }

  /** Notes that the channel was removed: later callbacks for it are ignored. */
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

  /** Returns the refusal for which RabbitMQ has closed the channel, if that was the reason. */
  Optional<Refusal> refusal() {
    return Refusal.of(channel.getCloseReason());
  }

  /** Returns the reason for the close as RabbitMQ reported it. */
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
