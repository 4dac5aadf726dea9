package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Publication;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * State of one AMQP channel with publisher confirms: its messages, its tenants, and its end. Each
 * channel numbers its messages from 1, in the order of {@link #next}. RabbitMQ may close a channel
 * without the others.
 *
 * <p>Decides only, and knows no AMQP type. Not synchronized: {@link PublisherMonitor} guards it.
 */
final class PublishingChannel {

  /** The AMQP channel that belongs to this state: a {@link ConfirmChannel}, except in tests. */
  interface Handle {}

  /** A message, already counted as unconfirmed, that must be written on this channel. */
  record Write(PublishingChannel channel, WrittenMessage message) {}

  private final Handle handle;
  private final Unconfirmed unconfirmed = new Unconfirmed();

  /** Tenants with unconfirmed messages on this channel. */
  private final Set<String> tenants = new HashSet<>();

  /** Number of the last message. */
  private long lastNumber;

  private long fencedUpTo;
  private long idleSince;
  private boolean slow;
  private boolean shutDown;
  private boolean lost;

  PublishingChannel(Handle handle) {
    this.handle = handle;
  }

  Handle handle() {
    return handle;
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

  /** Joins these publications into the channel's next message, which the caller must write. */
  Write next(List<Publication> publications, long now) {
    WrittenMessage message = new WrittenMessage(lastNumber + 1, publications, now);
    Write write = new Write(this, message);
    unconfirmed.add(message);
    lastNumber++; // last, so that no number is lost if there is no memory for the message
    return write;
  }

  /** Notes that a fence, on this or another channel, follows all messages taken so far. */
  void onFenceSent() {
    fencedUpTo = lastNumber;
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
}
