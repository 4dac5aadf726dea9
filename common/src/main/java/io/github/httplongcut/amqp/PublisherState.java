package io.github.httplongcut.amqp;

import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * State of the publications of a session. Decides the outcome of each publication; {@link
 * PublishingConnection} decides when it is written.
 *
 * <pre>
 *   waiting ──(written)──▶ unconfirmed ──(confirmed, or given up)──▶ outcome
 *      ▲ │                      │ nacked, or its channel is lost
 *      │ └──(overdue, refused)──┼──────▶ outcome
 *      └───────(written again)──┘
 * </pre>
 *
 * <table>
 *   <caption>Outcomes of the publications of a written message</caption>
 *   <tr><th>event</th><th>outcome</th></tr>
 *   <tr><td>confirmed</td><td>CONFIRMED, or RETURNED if RabbitMQ returned the message
 *       before</td></tr>
 *   <tr><td>nacked</td><td>written again at the next check, else NACKED</td></tr>
 *   <tr><td>connection or tenant's channel lost</td><td>RETURNED or REFUSED if RabbitMQ said so,
 *       written again, else UNKNOWN</td></tr>
 *   <tr><td>read by RabbitMQ, and not confirmed by a tenant's inbox for the confirm
 *       timeout</td><td>UNKNOWN</td></tr>
 * </table>
 *
 * <p>Knows no AMQP type, no clock and no thread; times are {@code nanoTime}. Not synchronized:
 * {@link PublisherMonitor} guards it.
 */
final class PublisherState {

  private final PublisherLimits limits;
  private final BatchQueue queue = new BatchQueue();
  private final PublishingChannels channels = new PublishingChannels();
  private final PublishingConnection connection;
  private final Refusals refusals = new Refusals();
  private final Nacks nacks;
  private final RateLimit tooLongNotes = new RateLimit(Duration.ofMinutes(1));
  private final RateLimit unconfirmedNotes = new RateLimit(Duration.ofMinutes(1));
  private final RateLimit closedNotes = new RateLimit(Duration.ofMinutes(1));

  PublisherState(PublisherLimits limits, long now) {
    this.limits = limits;
    this.connection = new PublishingConnection(limits, queue, channels, now);
    this.nacks = new Nacks(limits.cluster());
  }

  PublishingConnection connection() {
    return connection;
  }

  PublishingChannels channels() {
    return channels;
  }

  /** Returns the number of publications that wait to be written, without nacked ones. */
  int waiting() {
    return queue.size();
  }

  /** Returns whether no publication waits and no message is unconfirmed. */
  boolean isDone() {
    return queue.isEmpty() && nacks.isEmpty() && channels.unconfirmed() == 0;
  }

  /**
   * Takes a publication.
   *
   * @return whether a thread must write it, or wait until a held message is due
   */
  boolean publish(Publication publication, long now, PublishingEffects effects) {
    if (connection.isClosed()) {
      effects.complete(publication, Outcome.NO_CONNECTION);
    } else if (connection.isBlocked() && !publication.isRetried()) {
      effects.complete(publication, Outcome.BLOCKED);
    } else if (isRefused(publication, now, effects)) {
      effects.complete(publication, Outcome.REFUSED);
    } else if (queue.isStuck(publication)) {
      effects.complete(publication, Outcome.INBOX_BUSY);
    } else {
      return queue.add(publication, now);
    }
    return false;
  }

  /** Returns whether RabbitMQ or the receiver would refuse this publication. */
  private boolean isRefused(Publication publication, long now, PublishingEffects effects) {
    int bytes = publication.encoded().length;
    boolean tooLong = bytes > WireLimits.MESSAGE_BYTES;
    if (tooLong && tooLongNotes.allows(now)) {
      long suppressed = tooLongNotes.takeSuppressed();
      effects.note(journal -> journal.tooLong(publication, bytes, suppressed));
    }
    return tooLong || refusals.wouldRefuse(publication);
  }

  /** Removes a publication that is not written yet, without an outcome. */
  void withdraw(Publication publication, PublishingEffects effects) {
    if (queue.remove(publication) || nacks.remove(publication)) {
      effects.wake(); // this may have been the last one
    }
  }

  /** Gives up all waiting publications. Unconfirmed messages may still be confirmed. */
  void close(long now, PublishingEffects effects) {
    connection.close();
    nacks.takeRetries().forEach(each -> queue.add(each, now));
    effects.complete(queue.removeIf(each -> true), Outcome.NO_CONNECTION);
    effects.wake();
  }

  /** Notes a new connection: see {@link PublishingConnection#onOpened}. */
  void onOpened(
      PublishingChannel main,
      int channelMax,
      long maxUnblockedBytes,
      long now,
      PublishingEffects effects) {
    // After a suspension of this process, the 200 ms check may not have run yet.
    effects.complete(queue.removeIf(each -> each.isOverdue(now)), Outcome.NO_CONNECTION);
    connection.onOpened(main, channelMax, maxUnblockedBytes, now);
    nacks.onOpened();
  }

  /** Notes that an alarm blocks the connection. */
  void onBlocked(PublishingChannel main, PublishingEffects effects) {
    if (connection.onBlocked(main)) {
      effects.complete(queue.removeIf(each -> !each.isRetried()), Outcome.BLOCKED);
    }
  }

  // Callbacks of a lost connection may come late. They find no unconfirmed message on their
  // channel, and must not apply to channels of the next connection.

  /** Notes a return, which precedes the message's confirm. */
  void onReturned(PublishingChannel from, long number) {
    from.unconfirmed().onReturned(number);
  }

  /** Notes that RabbitMQ has confirmed a message, or all messages up to it. */
  void onConfirmed(
      PublishingChannel from, long number, boolean multiple, long now, PublishingEffects effects) {
    List<WrittenMessage> taken = takeUnconfirmed(from, number, multiple, now);
    effects.answered(taken);
    for (WrittenMessage message : taken) {
      if (!message.isReturned()) {
        nacks.onConfirmed(message.publications().get(0));
      }
      effects.complete(
          message.publications(), message.isReturned() ? Outcome.RETURNED : Outcome.CONFIRMED);
    }
    if (connection.isReplacementDue()) {
      effects.wake();
    }
  }

  /** Notes that RabbitMQ has nacked a message, or all messages up to it. */
  void onNacked(
      PublishingChannel from, long number, boolean multiple, long now, PublishingEffects effects) {
    List<WrittenMessage> taken = takeUnconfirmed(from, number, multiple, now);
    effects.answered(taken);
    for (WrittenMessage message : taken) {
      for (Publication publication : message.publications()) {
        if (connection.isClosed() || !nacks.retryIfAllowed(publication)) {
          effects.complete(publication, Outcome.NACKED);
        }
      }
    }
    effects.wake();
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

  /**
   * Notes that the connection is lost. Unconfirmed publications are retried or get their outcome.
   *
   * @param closeReasons refusals for which RabbitMQ has closed channels
   */
  void onLost(List<Refusal> closeReasons, long now, PublishingEffects effects) {
    if (closeReasons.isEmpty()) { // else the refused publication itself has closed it
      refusals.clear();
    }
    refuse(closeReasons, now, effects);
    List<PublishingChannel> all = channels.all();
    connection.onLost();
    List<Publication> again = new ArrayList<>();
    for (PublishingChannel each : all) {
      each.unconfirmed().forgetGivenUp();
      completeOrRetry(each.unconfirmed().takeAll(), again, effects);
    }
    queue.onConnectionLost();
    queue.requeue(again, now);
    effects.wake();
  }

  /**
   * Removes a tenant's channel that RabbitMQ has closed; the connection stays open. Requeues its
   * messages in the same step, so that {@link #isDone} does not miss them.
   *
   * @param why reason of the close in RabbitMQ's words, for the log
   */
  void removeChannel(
      PublishingChannel channel,
      Optional<Refusal> closeReason,
      String why,
      long now,
      PublishingEffects effects) {
    channels.removeClosed(channel, now);
    if (closedNotes.allows(now)) {
      long suppressed = closedNotes.takeSuppressed();
      effects.note(journal -> journal.channelClosed(why, suppressed));
    }
    refuse(closeReason.stream().toList(), now, effects);
    List<WrittenMessage> messages = channel.unconfirmed().takeAll();
    messages.forEach(each -> queue.onChannelLost(each.key(), now));
    channel.unconfirmed().takeAllGivenUp().forEach(key -> queue.onGivenUpLost(key, now));
    List<Publication> again = new ArrayList<>();
    completeOrRetry(messages, again, effects);
    queue.requeue(again, now);
    queue.onChannelAvailable();
    effects.wake();
  }

  private void refuse(List<Refusal> closeReasons, long now, PublishingEffects effects) {
    closeReasons.forEach(each -> refusals.add(each, now));
    effects.complete(queue.removeIf(refusals::wouldRefuse), Outcome.REFUSED);
  }

  /** Completes the publications of a lost channel, or adds them to {@code again} for a retry. */
  private void completeOrRetry(
      List<WrittenMessage> messages, List<Publication> again, PublishingEffects effects) {
    for (WrittenMessage message : messages) {
      for (Publication publication : message.publications()) {
        if (message.isReturned()) {
          effects.complete(publication, Outcome.RETURNED);
        } else if (refusals.wouldRefuse(publication)) {
          effects.complete(publication, Outcome.REFUSED);
        } else if (publication.isRetried() && !connection.isClosed()) {
          again.add(publication);
        } else {
          effects.complete(publication, Outcome.UNKNOWN);
        }
      }
    }
  }

  /**
   * Gives up overdue publications, requeues nacked ones, and checks the connection's health. Called
   * every 200 ms.
   */
  void checkTimeouts(long now, PublishingEffects effects) {
    if (!nacks.isEmpty()) {
      effects.wake();
    }
    refusals.removeExpired(now);
    for (Publication again : nacks.takeRetries()) {
      if (refusals.wouldRefuse(again)) {
        effects.complete(again, Outcome.REFUSED);
      } else {
        queue.add(again, now);
      }
    }
    giveUpUnconfirmed(now, effects);
    if (nacks.isReplacementDue() && connection.replace()) {
      effects.note(PublishingJournal::replacedForNacks);
      effects.wake();
    }
    giveUpOverdue(now, effects);
    connection.checkTimeouts(now, effects);
    if (!effects.completions().isEmpty()) {
      effects.wake();
    }
  }

  private void giveUpOverdue(long now, PublishingEffects effects) {
    effects.complete(queue.removeStuck(), Outcome.INBOX_BUSY);
    for (Publication publication : queue.removeIf(each -> each.isOverdue(now))) {
      if (connection.isCutOff()) {
        effects.complete(publication, Outcome.NO_CONNECTION);
      } else if (!connection.isBlocked() && isTenantBusy(publication)) {
        effects.complete(publication, Outcome.INBOX_BUSY);
      } else {
        effects.complete(publication, Outcome.BLOCKED);
      }
    }
  }

  /** Returns whether this publication waits because of its own tenant, not of RabbitMQ. */
  private boolean isTenantBusy(Publication publication) {
    return queue.isFull(publication) || !channels.isAvailableFor(publication.key().tenant());
  }

  /**
   * Gives up messages that RabbitMQ has read and a tenant's inbox has not confirmed within the
   * confirm timeout. Does not write them again, since the inbox may still accept them.
   */
  private void giveUpUnconfirmed(long now, PublishingEffects effects) {
    if (!connection.couldConfirm(now)) {
      return;
    }
    List<WrittenMessage> givenUp = new ArrayList<>();
    for (PublishingChannel each : channels.active()) {
      givenUp.addAll(each.giveUp(now, limits.confirmTimeout().toNanos()));
    }
    for (WrittenMessage message : givenUp) {
      queue.onGivenUp(message.key());
      effects.complete(
          message.publications(), message.isReturned() ? Outcome.RETURNED : Outcome.UNKNOWN);
    }
    if (!givenUp.isEmpty() && unconfirmedNotes.allows(now)) {
      BatchKey first = givenUp.get(0).key();
      long suppressed = unconfirmedNotes.takeSuppressed();
      effects.note(
          journal -> journal.queueConfirmsNothing(first, limits.confirmTimeout(), suppressed));
    }
  }
}
