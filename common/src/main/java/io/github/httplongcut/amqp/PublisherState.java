package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Outcomes.Done;
import io.github.httplongcut.amqp.Publication.BatchKey;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.WireLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that a {@link Publisher} knows: what waits, what is under way on which channel, what RabbitMQ
 * has refused or nacked, and which outcome each publication gets. Adds outcomes to the lists that
 * it is given. Not synchronized: the publisher guards it.
 */
final class PublisherState {

  private static final Logger log = LoggerFactory.getLogger(PublisherState.class);

  private final AmqpConfig config;
  private final BatchQueue outbox = new BatchQueue();
  private final PublishingChannels channels = new PublishingChannels();
  private final Refusals refusals = new Refusals();
  private final Nacks nacks;
  private final Silence silence;
  private final RateLimit tooLongWarnings = new RateLimit(Duration.ofMinutes(1));
  private final RateLimit unconfirmedWarnings = new RateLimit(Duration.ofMinutes(1));
  private boolean blocked;
  private boolean held;
  private boolean reopening; // once nothing is unconfirmed: nobody's fate becomes unknown by it
  private boolean closed;

  PublisherState(AmqpConfig config, long now) {
    this.config = config;
    this.nacks = new Nacks(config.addresses().size() > 1);
    this.silence = new Silence(config.confirmTimeout(), now);
  }

  BatchQueue outbox() {
    return outbox;
  }

  PublishingChannels channels() {
    return channels;
  }

  Silence silence() {
    return silence;
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
   * @return whether there is something new to write, or to wait for
   */
  boolean publish(Publication publication, long now, List<Done> done) {
    if (closed) {
      done.add(new Done(publication, Outcome.NO_CONNECTION));
    } else if (blocked && !publication.isTriedAgain()) {
      done.add(new Done(publication, Outcome.BLOCKED));
    } else if (refuses(publication, now)) {
      done.add(new Done(publication, Outcome.REFUSED));
    } else if (outbox.isStuck(publication)) {
      done.add(new Done(publication, Outcome.INBOX_BUSY));
    } else {
      return outbox.add(publication, now);
    }
    return false;
  }

  /** RabbitMQ or its readers would not take it. */
  private boolean refuses(Publication publication, long now) {
    int bytes = publication.encoded().length;
    boolean tooLong = bytes > WireLimits.MESSAGE_BYTES;
    if (tooLong && tooLongWarnings.allows(now)) {
      log.warn(
          "event=publication_too_long publication={} bytes={} suppressed={}",
          LogText.quoted(publication.toString()),
          bytes,
          tooLongWarnings.takeSuppressed());
    }
    return tooLong || refusals.concern(publication);
  }

  /** Takes back what is not written; returns whether it was there. */
  boolean withdraw(Publication publication) {
    return outbox.remove(publication) || nacks.remove(publication);
  }

  void onOpened(PublishingChannel main, int channelMax, long now, List<Done> done) {
    // The watch may not have been here since this process stood still.
    giveUpWaiting(now, Outcome.NO_CONNECTION, done);
    channels.open(main, channelMax);
    silence.onOpened(main.fence(), now);
    nacks.onOpened();
    reopening = false;
  }

  private void giveUpWaiting(long now, Outcome outcome, List<Done> done) {
    for (Publication publication : outbox.removeIf(each -> each.isGivenUp(now))) {
      done.add(new Done(publication, outcome));
    }
  }

  /** The next message, by now among the unconfirmed; null if there is none or no room for it. */
  Write nextWrite(long room, long now) {
    if (blocked || held || closed || reopening || !channels.areOpen()) {
      return null;
    }
    List<Publication> publications = outbox.take(room, now, channels::isThereOneOrWanted);
    return publications.isEmpty()
        ? null
        : channels.take(publications.get(0).key().owner()).next(publications, now);
  }

  /** Bytes that the next message may have: any number when RabbitMQ has read all others. */
  long room() {
    long bytes = channels.bytes();
    return bytes == 0 ? Long.MAX_VALUE : config.unconfirmedWindow() - bytes;
  }

  /** The link's thread has a channel to open, to close or to give up, and RabbitMQ listens. */
  boolean needCare() {
    return !blocked && channels.needCare();
  }

  /** Returns whether the connection is to be made anew, and nothing is under way. */
  boolean isUsedUp() {
    return reopening && channels.unconfirmed() == 0;
  }

  /** Returns whether nothing waits and nothing is unconfirmed. */
  boolean isDone() {
    return outbox.isEmpty() && nacks.isEmpty() && channels.unconfirmed() == 0;
  }

  // The reader thread of a connection that was given up may come late. What it says finds nothing
  // unconfirmed on its channel any more, and must not be taken for the next one's.

  /** A return comes before the confirm of the same message, and names it by its message id only. */
  void onReturned(PublishingChannel from, String messageId) {
    from.unconfirmed().onReturned(WrittenMessage.numberOf(messageId));
  }

  void onConfirmed(
      PublishingChannel from, long number, boolean multiple, long now, List<Done> done) {
    for (WrittenMessage message : takeUnconfirmed(from, number, multiple, now)) {
      Outcome outcome = message.isReturned() ? Outcome.RETURNED : Outcome.CONFIRMED;
      if (!message.isReturned()) {
        nacks.onTaken(message.publications().get(0));
      }
      message.publications().forEach(each -> done.add(new Done(each, outcome)));
    }
  }

  void onNacked(PublishingChannel from, long number, boolean multiple, long now, List<Done> done) {
    for (WrittenMessage message : takeUnconfirmed(from, number, multiple, now)) {
      for (Publication publication : message.publications()) {
        if (closed || !nacks.takeOver(publication)) {
          done.add(new Done(publication, Outcome.NACKED));
        }
      }
    }
  }

  private List<WrittenMessage> takeUnconfirmed(
      PublishingChannel from, long number, boolean multiple, long now) {
    List<WrittenMessage> taken = from.unconfirmed().take(number, multiple);
    for (WrittenMessage message : taken) {
      outbox.confirmed(message.key(), now);
      releaseIfIdle(message.owner(), now);
    }
    for (BatchKey key : from.unconfirmed().takeGivenUp(number, multiple)) {
      outbox.confirmedLate(key, now);
      releaseIfIdle(key.owner(), now);
    }
    return taken;
  }

  /** Lets others have the channel of an owner with nothing under way. */
  private void releaseIfIdle(String owner, long now) {
    if (!outbox.isUnderWay(owner) && channels.release(owner, now)) {
      outbox.onChannel();
    }
  }

  void onBlocked(PublishingChannel from, List<Done> done) {
    if (!from.isLost()) {
      blocked = true;
      for (Publication publication : outbox.removeIf(each -> !each.isTriedAgain())) {
        done.add(new Done(publication, Outcome.BLOCKED));
      }
    }
  }

  void onUnblocked(PublishingChannel from, long now) {
    if (!from.isLost()) {
      blocked = false;
      silence.excuseUntil(now);
    }
  }

  /**
   * The connection is gone, and with it the word that RabbitMQ owed.
   *
   * @param why RabbitMQ closed channels, if that was because of something that it may not take
   */
  void onLost(List<Refusal> why, long now, List<Done> done) {
    refuse(why, now, done);
    List<PublishingChannel> all = channels.all();
    channels.forgetAll();
    silence.onLost();
    blocked = false;
    List<Publication> again = new ArrayList<>();
    all.forEach(each -> decide(each.unconfirmed().takeAll(), done, again));
    outbox.forgetUnconfirmed();
    outbox.giveBack(again, now);
  }

  /** RabbitMQ has closed a tenant's channel, and nothing else. */
  void onLostAlone(PublishingChannel channel, Optional<Refusal> why, long now, List<Done> done) {
    refuse(why.stream().toList(), now, done);
    List<WrittenMessage> messages = channel.unconfirmed().takeAll();
    messages.forEach(each -> outbox.lost(each.key(), now));
    channel.unconfirmed().takeAllGivenUp().forEach(key -> outbox.lostLate(key, now));
    List<Publication> again = new ArrayList<>();
    decide(messages, done, again);
    outbox.giveBack(again, now);
  }

  private void refuse(List<Refusal> why, long now, List<Done> done) {
    why.forEach(each -> refusals.add(each, now));
    for (Publication publication : outbox.removeIf(refusals::concern)) {
      done.add(new Done(publication, Outcome.REFUSED));
    }
  }

  /** Decides on messages whose channel is gone; what is written again goes to {@code again}. */
  private void decide(List<WrittenMessage> messages, List<Done> done, List<Publication> again) {
    for (WrittenMessage message : messages) {
      for (Publication publication : message.publications()) {
        if (message.isReturned()) {
          done.add(new Done(publication, Outcome.RETURNED));
        } else if (refusals.concern(publication)) {
          done.add(new Done(publication, Outcome.REFUSED));
        } else if (publication.isTriedAgain() && !closed) {
          again.add(publication);
        } else {
          done.add(new Done(publication, Outcome.UNKNOWN));
        }
      }
    }
  }

  /**
   * Gives up what has waited too long, every 200 ms.
   *
   * @return whether the link's thread may have something new to do
   */
  boolean onTime(long now, List<Done> done) {
    Outcome outcome = !channels.areThere() || held ? Outcome.NO_CONNECTION : Outcome.BLOCKED;
    boolean moved = !nacks.isEmpty();
    refusals.onTime(now);
    for (Publication again : nacks.take()) {
      if (refusals.concern(again)) {
        done.add(new Done(again, Outcome.REFUSED));
      } else {
        outbox.add(again, now);
      }
    }
    giveUpOwed(now, done);
    if (nacks.wantNewChannel() && channels.areThere() && !reopening) {
      log.warn("event=publishing_reopened why=\"RabbitMQ has been nacking for too long\"");
      reopening = true;
    }
    for (Publication publication : outbox.removeStuck()) {
      done.add(new Done(publication, Outcome.INBOX_BUSY));
    }
    boolean open = outcome == Outcome.BLOCKED && !blocked;
    for (Publication publication : outbox.removeIf(each -> each.isGivenUp(now))) {
      done.add(new Done(publication, open && isBusy(publication) ? Outcome.INBOX_BUSY : outcome));
    }
    if (channels.onTime(now)) {
      outbox.onChannel();
      moved = true;
    }
    if (channels.areThere() && !blocked) {
      silence.askIfQuiet(now, channels.unreadNanos(now));
    }
    return moved || silence.isDue() || needCare() || !done.isEmpty();
  }

  /** Returns whether it waits for its own tenant's sake, and nobody else's. */
  private boolean isBusy(Publication publication) {
    return outbox.isFull(publication) || !channels.isThereOneFor(publication.key().owner());
  }

  /**
   * Gives up messages that RabbitMQ has read and a tenant's inbox has not confirmed for too long.
   * Nothing else that is published is affected. They are not written again: the inbox may still
   * take them.
   */
  private void giveUpOwed(long now, List<Done> done) {
    if (!channels.areThere() || blocked || silence.isExcused(now)) {
      return;
    }
    List<WrittenMessage> owed = new ArrayList<>();
    for (PublishingChannel each : channels.used()) {
      owed.addAll(each.giveUp(now, config.confirmTimeout().toNanos()));
    }
    for (WrittenMessage message : owed) {
      outbox.gaveUp(message.key());
      Outcome outcome = message.isReturned() ? Outcome.RETURNED : Outcome.UNKNOWN;
      message.publications().forEach(each -> done.add(new Done(each, outcome)));
    }
    if (!owed.isEmpty() && unconfirmedWarnings.allows(now)) {
      WrittenMessage first = owed.get(0);
      log.warn(
          "event=queue_confirms_nothing exchange={} routing_key={} timeout={} suppressed={}",
          first.key().exchange(),
          LogText.quoted(first.key().routingKey()),
          config.confirmTimeout(),
          unconfirmedWarnings.takeSuppressed());
    }
  }

  /** Returns whether the connection has gone silent. */
  boolean isSilent(long now) {
    return channels.areThere()
        && !blocked
        && silence.isTooLong(now, channels.owedNanos(now), channels.bytes());
  }

  /** Writes nothing more; what waits gets its outcome. */
  void close(long now, List<Done> done) {
    closed = true;
    nacks.take().forEach(each -> outbox.add(each, now));
    for (Publication publication : outbox.removeIf(each -> true)) {
      done.add(new Done(publication, Outcome.NO_CONNECTION));
    }
  }
}
