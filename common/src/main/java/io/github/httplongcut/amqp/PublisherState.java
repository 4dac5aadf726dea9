package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * State of a {@link Publisher}: waiting publications, channels with unconfirmed messages, refusals
 * and nacks. Decides the outcome of each publication and adds it to the caller's list. Not
 * synchronized: the publisher guards it.
 */
final class PublisherState {

  private static final Logger log = LoggerFactory.getLogger(PublisherState.class);

  private final AmqpConfig config;
  private final BatchQueue queue = new BatchQueue();
  private final PublishingChannels channels = new PublishingChannels();
  private final Refusals refusals = new Refusals();
  private final Nacks nacks;
  private final SilenceDetector silenceDetector;
  private final RateLimit tooLongWarnings = new RateLimit(Duration.ofMinutes(1));
  private final RateLimit unconfirmedWarnings = new RateLimit(Duration.ofMinutes(1));
  private boolean blocked;
  private boolean held;

  /**
   * True if the connection must be replaced. Nothing more is written, and the replacement waits for
   * the last confirm, so that no outcome becomes {@link Outcome#UNKNOWN}.
   */
  private boolean reconnecting;

  private boolean closed;

  PublisherState(AmqpConfig config, long now) {
    this.config = config;
    this.nacks = new Nacks(config.addresses().size() > 1);
    this.silenceDetector = new SilenceDetector(config.confirmTimeout(), now);
  }

  BatchQueue queue() {
    return queue;
  }

  PublishingChannels channels() {
    return channels;
  }

  SilenceDetector silenceDetector() {
    return silenceDetector;
  }

  boolean isBlocked() {
    return blocked;
  }

  boolean isClosed() {
    return closed;
  }

  void hold(boolean held) {
    this.held = held;
  }

  /**
   * Takes a publication.
   *
   * @return whether the link's thread must write it, or wait until a held message is due
   */
  boolean publish(Publication publication, long now, List<Completion> completions) {
    if (closed) {
      completions.add(new Completion(publication, Outcome.NO_CONNECTION));
    } else if (blocked && !publication.isRetried()) {
      completions.add(new Completion(publication, Outcome.BLOCKED));
    } else if (isRefused(publication, now)) {
      completions.add(new Completion(publication, Outcome.REFUSED));
    } else if (queue.isStuck(publication)) {
      completions.add(new Completion(publication, Outcome.INBOX_BUSY));
    } else {
      return queue.add(publication, now);
    }
    return false;
  }

  /** Returns whether RabbitMQ or the receiver would refuse this publication. */
  private boolean isRefused(Publication publication, long now) {
    int bytes = publication.encoded().length;
    boolean tooLong = bytes > WireLimits.MESSAGE_BYTES;
    if (tooLong && tooLongWarnings.allows(now)) {
      log.warn(
          "event=publication_too_long publication={} bytes={} suppressed={}",
          LogText.quoted(publication.toString()),
          bytes,
          tooLongWarnings.takeSuppressed());
    }
    return tooLong || refusals.wouldRefuse(publication);
  }

  /** Removes a publication that is not written yet; returns whether it was waiting. */
  boolean withdraw(Publication publication) {
    return queue.remove(publication) || nacks.remove(publication);
  }

  void onOpened(PublishingChannel main, int channelMax, long now, List<Completion> completions) {
    // After a suspension of this process, the 200 ms check may not have run yet.
    giveUpWaiting(now, Outcome.NO_CONNECTION, completions);
    channels.open(main, channelMax);
    silenceDetector.onOpened(main.fence(), now);
    nacks.onOpened();
    reconnecting = false;
  }

  private void giveUpWaiting(long now, Outcome outcome, List<Completion> completions) {
    for (Publication publication : queue.removeIf(each -> each.isOverdue(now))) {
      completions.add(new Completion(publication, outcome));
    }
  }

  /**
   * Takes the next message from the queue and counts it as unconfirmed.
   *
   * @return null if no message is due, or the next one has more than {@code room} bytes
   */
  Write nextWrite(long room, long now) {
    if (blocked || held || closed || reconnecting || !channels.isOpen()) {
      return null;
    }
    List<Publication> publications = queue.take(room, now, channels::isAvailableOrRequested);
    return publications.isEmpty()
        ? null
        : channels.take(publications.get(0).key().tenant()).next(publications, now);
  }

  /**
   * Returns the maximum size of the next message in bytes; MAX_VALUE if RabbitMQ has read all
   * messages before it.
   */
  long room() {
    long bytes = channels.bytes();
    return bytes == 0 ? Long.MAX_VALUE : config.unconfirmedWindow() - bytes;
  }

  /**
   * Returns whether the link's thread must open, close or remove a channel. False during an alarm,
   * when RabbitMQ would not reply.
   */
  boolean hasChannelWork() {
    return !blocked && channels.hasChannelWork();
  }

  /** Returns whether the connection must be replaced, and no message is unconfirmed any more. */
  boolean isReconnectDue() {
    return reconnecting && channels.unconfirmed() == 0;
  }

  /** Returns whether no publication waits and no message is unconfirmed. */
  boolean isDone() {
    return queue.isEmpty() && nacks.isEmpty() && channels.unconfirmed() == 0;
  }

  // Callbacks of a lost connection may come late. They find no unconfirmed message on their
  // channel, and must not apply to channels of the next connection.

  /** Notes a return, which precedes the message's confirm and names only its message id. */
  void onReturned(PublishingChannel from, String messageId) {
    from.unconfirmed().onReturned(WrittenMessage.numberOf(messageId));
  }

  void onConfirmed(
      PublishingChannel from,
      long number,
      boolean multiple,
      long now,
      List<Completion> completions) {
    for (WrittenMessage message : takeUnconfirmed(from, number, multiple, now)) {
      Outcome outcome = message.isReturned() ? Outcome.RETURNED : Outcome.CONFIRMED;
      if (!message.isReturned()) {
        nacks.onConfirmed(message.publications().get(0));
      }
      message.publications().forEach(each -> completions.add(new Completion(each, outcome)));
    }
  }

  void onNacked(
      PublishingChannel from,
      long number,
      boolean multiple,
      long now,
      List<Completion> completions) {
    for (WrittenMessage message : takeUnconfirmed(from, number, multiple, now)) {
      for (Publication publication : message.publications()) {
        if (closed || !nacks.retryIfAllowed(publication)) {
          completions.add(new Completion(publication, Outcome.NACKED));
        }
      }
    }
  }

  private List<WrittenMessage> takeUnconfirmed(
      PublishingChannel from, long number, boolean multiple, long now) {
    List<WrittenMessage> taken = from.unconfirmed().take(number, multiple);
    for (WrittenMessage message : taken) {
      queue.onConfirmed(message.key(), now);
      releaseIfIdle(message.tenant(), now);
    }
    for (BatchKey key : from.unconfirmed().takeGivenUp(number, multiple)) {
      queue.onGivenUpConfirmed(key, now);
      releaseIfIdle(key.tenant(), now);
    }
    return taken;
  }

  /** Frees the channel of a tenant that has no unconfirmed messages. */
  private void releaseIfIdle(String tenant, long now) {
    if (!queue.hasUnconfirmed(tenant) && channels.release(tenant, now)) {
      queue.onChannelAvailable();
    }
  }

  void onBlocked(PublishingChannel from, List<Completion> completions) {
    if (!from.isLost()) {
      blocked = true;
      for (Publication publication : queue.removeIf(each -> !each.isRetried())) {
        completions.add(new Completion(publication, Outcome.BLOCKED));
      }
    }
  }

  void onUnblocked(PublishingChannel from, long now) {
    if (!from.isLost()) {
      blocked = false;
      silenceDetector.excuseUntil(now);
    }
  }

  /**
   * Notes that the connection is lost. Unconfirmed publications are retried or get their outcome.
   *
   * @param closeReasons refusals for which RabbitMQ has closed channels
   */
  void onLost(List<Refusal> closeReasons, long now, List<Completion> completions) {
    refuse(closeReasons, now, completions);
    List<PublishingChannel> all = channels.all();
    channels.forgetAll();
    silenceDetector.onLost();
    blocked = false;
    List<Publication> again = new ArrayList<>();
    all.forEach(each -> completeOrRetry(each.unconfirmed().takeAll(), completions, again));
    queue.onConnectionLost();
    queue.requeue(again, now);
  }

  /** Notes that RabbitMQ has closed one tenant channel; the connection stays open. */
  void onTenantChannelLost(
      PublishingChannel channel,
      Optional<Refusal> closeReason,
      long now,
      List<Completion> completions) {
    refuse(closeReason.stream().toList(), now, completions);
    List<WrittenMessage> messages = channel.unconfirmed().takeAll();
    messages.forEach(each -> queue.onChannelLost(each.key(), now));
    channel.unconfirmed().takeAllGivenUp().forEach(key -> queue.onGivenUpLost(key, now));
    List<Publication> again = new ArrayList<>();
    completeOrRetry(messages, completions, again);
    queue.requeue(again, now);
  }

  private void refuse(List<Refusal> closeReasons, long now, List<Completion> completions) {
    closeReasons.forEach(each -> refusals.add(each, now));
    for (Publication publication : queue.removeIf(refusals::wouldRefuse)) {
      completions.add(new Completion(publication, Outcome.REFUSED));
    }
  }

  /**
   * Adds the publications of a lost channel to {@code completions} or, for a retry, to {@code
   * again}.
   */
  private void completeOrRetry(
      List<WrittenMessage> messages, List<Completion> completions, List<Publication> again) {
    for (WrittenMessage message : messages) {
      for (Publication publication : message.publications()) {
        if (message.isReturned()) {
          completions.add(new Completion(publication, Outcome.RETURNED));
        } else if (refusals.wouldRefuse(publication)) {
          completions.add(new Completion(publication, Outcome.REFUSED));
        } else if (publication.isRetried() && !closed) {
          again.add(publication);
        } else {
          completions.add(new Completion(publication, Outcome.UNKNOWN));
        }
      }
    }
  }

  /**
   * Gives up overdue publications, requeues nacked ones, and checks the connection's health. Called
   * every 200 ms.
   *
   * @return whether the link's thread may have work
   */
  boolean checkTimeouts(long now, List<Completion> completions) {
    Outcome outcome = !channels.isConnected() || held ? Outcome.NO_CONNECTION : Outcome.BLOCKED;
    boolean hasWork = !nacks.isEmpty();
    refusals.removeExpired(now);
    for (Publication again : nacks.takeRetries()) {
      if (refusals.wouldRefuse(again)) {
        completions.add(new Completion(again, Outcome.REFUSED));
      } else {
        queue.add(again, now);
      }
    }
    giveUpUnconfirmed(now, completions);
    if (nacks.isReplacementDue() && channels.isConnected() && !reconnecting) {
      log.warn("event=publishing_reopened why=\"RabbitMQ has been nacking for too long\"");
      reconnecting = true;
    }
    for (Publication publication : queue.removeStuck()) {
      completions.add(new Completion(publication, Outcome.INBOX_BUSY));
    }
    boolean open = outcome == Outcome.BLOCKED && !blocked;
    for (Publication publication : queue.removeIf(each -> each.isOverdue(now))) {
      completions.add(
          new Completion(
              publication, open && isTenantBusy(publication) ? Outcome.INBOX_BUSY : outcome));
    }
    if (channels.checkTimeouts(now)) {
      queue.onChannelAvailable();
      hasWork = true;
    }
    if (channels.isConnected() && !blocked) {
      silenceDetector.requestFenceIfQuiet(now, channels.unreadNanos(now));
    }
    return hasWork || silenceDetector.isFenceDue() || hasChannelWork() || !completions.isEmpty();
  }

  /** Returns whether this publication waits because of its own tenant, not of RabbitMQ. */
  private boolean isTenantBusy(Publication publication) {
    return queue.isFull(publication) || !channels.isAvailableFor(publication.key().tenant());
  }

  /**
   * Gives up messages that RabbitMQ has read and a tenant's inbox has not confirmed within the
   * confirm timeout. Does not write them again, since the inbox may still accept them.
   */
  private void giveUpUnconfirmed(long now, List<Completion> completions) {
    if (!channels.isConnected() || blocked || silenceDetector.isExcused(now)) {
      return;
    }
    List<WrittenMessage> givenUp = new ArrayList<>();
    for (PublishingChannel each : channels.active()) {
      givenUp.addAll(each.giveUp(now, config.confirmTimeout().toNanos()));
    }
    for (WrittenMessage message : givenUp) {
      queue.onGivenUp(message.key());
      Outcome outcome = message.isReturned() ? Outcome.RETURNED : Outcome.UNKNOWN;
      message.publications().forEach(each -> completions.add(new Completion(each, outcome)));
    }
    if (!givenUp.isEmpty() && unconfirmedWarnings.allows(now)) {
      WrittenMessage first = givenUp.get(0);
      log.warn(
          "event=queue_confirms_nothing exchange={} routing_key={} timeout={} suppressed={}",
          first.key().exchange(),
          LogText.quoted(first.key().routingKey()),
          config.confirmTimeout(),
          unconfirmedWarnings.takeSuppressed());
    }
  }

  /** Returns whether RabbitMQ has not answered for too long. */
  boolean isSilent(long now) {
    return channels.isConnected()
        && !blocked
        && silenceDetector.isSilent(now, channels.unansweredNanos(now), channels.bytes());
  }

  /** Stops writing; waiting publications get their outcome. */
  void close(long now, List<Completion> completions) {
    closed = true;
    nacks.takeRetries().forEach(each -> queue.add(each, now));
    for (Publication publication : queue.removeIf(each -> true)) {
      completions.add(new Completion(publication, Outcome.NO_CONNECTION));
    }
  }
}
