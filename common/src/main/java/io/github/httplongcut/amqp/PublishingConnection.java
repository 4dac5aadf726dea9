package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * State of the publishing connection. Decides which message is written next, which thread writes
 * it, and what the link's thread does.
 *
 * <pre>
 *                  onOpened            onBlocked
 *   DISCONNECTED ───────────▶ OPEN ◀───────────▶ BLOCKED
 *                              │     onUnblocked    ▲
 *                              │ replace()          │ onBlocked
 *                              └──────────▶ REPLACING
 *
 *   OPEN, BLOCKED, REPLACING ──a write fails──▶ FAILED
 *   any phase ──onLost──▶ DISCONNECTED, any phase ──close()──▶ CLOSED
 * </pre>
 *
 * <p>Knows no AMQP type, no clock and no thread; times are {@code nanoTime}. Not synchronized:
 * {@link PublisherMonitor} guards it.
 */
final class PublishingConnection {

  private enum Phase {
    /** There is no connection. Publications wait. */
    DISCONNECTED,
    /** Messages are written. */
    OPEN,
    /** An alarm blocks the connection. No message is written, and requests are given up at once. */
    BLOCKED,
    /**
     * The connection must be replaced. No message is written, and the replacement waits for the
     * last confirm, so that no outcome becomes {@link Outcome#UNKNOWN}. An alarm ends this phase;
     * if the connection must still be replaced after it, the phase begins again.
     */
    REPLACING,
    /**
     * A write has failed, so the numbers of later messages are unknown. Nothing more is written.
     */
    FAILED,
    /** The session is closed. Nothing more is written, nor written again. */
    CLOSED
  }

  /** Result of a write, or of sending a fence. */
  enum WriteResult {
    WRITTEN,
    /** The channel is closed, alone or with its connection. */
    CHANNEL_CLOSED,
    /**
     * The channel may or may not have used up the message's number, so the channel must not be used
     * again.
     */
    FAILED
  }

  /** Reason why a channel was not opened. */
  enum NotOpened {
    /** The connection has its maximum number of channels. */
    CONNECTION_IS_FULL,
    /** RabbitMQ has closed the connection because of a limit for the user. */
    USER_IS_AT_LIMIT,
    /** The attempt has failed for another reason; the channel may be requested again. */
    FAILED
  }

  private final PublisherLimits limits;
  private final BatchQueue queue;
  private final PublishingChannels channels;
  private final SilenceDetector silenceDetector;
  private Phase phase = Phase.DISCONNECTED;

  /** True while writing is stopped because the process does not consume. */
  private boolean held;

  /** True while a thread writes; one at a time, so that the confirm numbers are in order. */
  private boolean writing;

  /** Limit of unread bytes, on this connection, for threads that must not block. */
  private long maxUnblockedBytes;

  /** Time at which the link's thread looks for held messages; empty if it does not. */
  private OptionalLong linkWakesAt = OptionalLong.empty();

  /** True if the last work of the link's thread was about a channel: then writes go first. */
  private boolean writesFirst;

  PublishingConnection(
      PublisherLimits limits, BatchQueue queue, PublishingChannels channels, long now) {
    this.limits = limits;
    this.queue = queue;
    this.channels = channels;
    this.silenceDetector = new SilenceDetector(limits.confirmTimeout(), now);
  }

  boolean isBlocked() {
    return phase == Phase.BLOCKED;
  }

  boolean isClosed() {
    return phase == Phase.CLOSED;
  }

  /** Returns whether nothing can be written for lack of a connection or of an inbox. */
  boolean isCutOff() {
    return !channels.isConnected() || held;
  }

  /**
   * Returns whether RabbitMQ could have confirmed during the last confirm timeout: it neither
   * blocked the connection, nor was this process suspended. False without a connection.
   */
  boolean couldConfirm(long now) {
    return channels.isConnected() && phase != Phase.BLOCKED && !silenceDetector.isExcused(now);
  }

  /** Stops ({@code true}) or resumes writing. */
  void hold(boolean held) {
    this.held = held;
  }

  /**
   * Notes a new connection.
   *
   * @param channelMax most channels that RabbitMQ allows, the main one included; 0 for no limit
   * @param maxUnblockedBytes bytes that the socket's send buffer takes without blocking
   */
  void onOpened(PublishingChannel main, int channelMax, long maxUnblockedBytes, long now) {
    channels.open(main, channelMax);
    this.maxUnblockedBytes = maxUnblockedBytes;
    silenceDetector.onOpened(now);
    phase = phase == Phase.DISCONNECTED ? Phase.OPEN : phase; // an alarm may have come before
  }

  void onLost() {
    channels.forgetAll();
    phase = phase == Phase.CLOSED ? phase : Phase.DISCONNECTED;
  }

  /** Notes that an alarm blocks the connection. Returns false if nothing is written anyway. */
  boolean onBlocked(PublishingChannel main) {
    boolean applies = !main.isLost() && phase != Phase.CLOSED && phase != Phase.FAILED;
    phase = applies ? Phase.BLOCKED : phase;
    return applies;
  }

  /** Notes that the alarm is over. */
  void onUnblocked(PublishingChannel main, long now) {
    if (!main.isLost()) {
      phase = phase == Phase.BLOCKED ? Phase.OPEN : phase;
      silenceDetector.excuseUntil(now);
    }
  }

  /** Notes that this process was suspended until now: RabbitMQ's silence so far does not count. */
  void onSuspended(long now) {
    silenceDetector.excuseUntil(now);
  }

  /** Starts to replace the connection. Returns whether that is new. */
  boolean replace() {
    boolean isNew = phase == Phase.OPEN;
    phase = isNew ? Phase.REPLACING : phase;
    return isNew;
  }

  /** Returns whether the connection must be replaced, and no message is unconfirmed any more. */
  boolean isReplacementDue() {
    return phase == Phase.REPLACING && channels.unconfirmed() == 0;
  }

  void close() {
    phase = Phase.CLOSED;
  }

  /**
   * Returns the next step of the link's thread. The thread must report its end as {@link
   * LinkWork.Type} says.
   *
   * @param open true if the connection and its main channel are open
   */
  LinkWork nextLinkWork(boolean open, long now) {
    linkWakesAt = OptionalLong.empty();
    // Ends soon: at the limit a request for a channel is dropped. It is made again only if no
    // channel can be shared, and then a channel is closed or retired, which is work.
    while (true) {
      if (!open || phase == Phase.CLOSED || phase == Phase.FAILED || isReplacementDue()) {
        return LinkWork.LEAVE;
      }
      Optional<LinkWork> work = writesFirst ? Optional.empty() : channelWork(now);
      writesFirst = work.isPresent();
      if (work.isEmpty()) {
        work = nextWriteOfLink(now);
      }
      LinkWork next = work.orElse(LinkWork.WAIT);
      if (work.isPresent() || !hasChannelWork()) {
        // Last, since an error before, such as a lack of memory, would end writing for good.
        writing |= next.type() == LinkWork.Type.WRITE || next.type() == LinkWork.Type.FENCE;
        return next;
      }
    }
  }

  private Optional<LinkWork> nextWriteOfLink(long now) {
    if (writing) {
      return Optional.empty();
    }
    if (silenceDetector.isFenceDue()) {
      silenceDetector.onFenceSent(now);
      channels.active().forEach(PublishingChannel::onFenceSent);
      return Optional.of(LinkWork.FENCE);
    }
    return Optional.ofNullable(nextWrite(room(), now)).map(LinkWork::write);
  }

  /**
   * Returns whether a channel must be opened, closed or removed. During an alarm RabbitMQ does not
   * reply.
   */
  private boolean hasChannelWork() {
    return (phase == Phase.OPEN || phase == Phase.REPLACING) && channels.hasChannelWork();
  }

  private Optional<LinkWork> channelWork(long now) {
    if (!hasChannelWork()) {
      return Optional.empty();
    }
    Optional<PublishingChannel> closed = channels.nextClosed();
    if (closed.isPresent()) {
      return closed.map(LinkWork::remove);
    }
    if (channels.takeOpenRequest(now)) {
      return Optional.of(LinkWork.OPEN); // lanes without a channel wait until it is open
    }
    queue.onChannelAvailable(); // a request at the limit was dropped
    return channels.takeRetired().map(LinkWork::close);
  }

  /**
   * Returns how long the link's thread may wait, and remembers that it wakes up then. MAX_VALUE if
   * nothing is held. Also MAX_VALUE if held messages are due already: since the link's thread could
   * not take them at this {@code now}, they wait for a confirm or a channel, and not for a time.
   */
  long nanosToWait(long now) {
    long nanos = queue.nanosToNext(now);
    if (nanos <= 0 || nanos == Long.MAX_VALUE) {
      return Long.MAX_VALUE;
    }
    linkWakesAt = OptionalLong.of(now + nanos);
    return nanos;
  }

  /**
   * Returns the next message for a thread that must not block; null if there is none. The caller
   * must write it, and call {@link #onWritten}.
   *
   * @param open true if the connection and its main channel are open
   */
  Write nextUnblockedWrite(boolean open, long now, PublishingEffects effects) {
    if (writing || phase == Phase.DISCONNECTED || phase == Phase.FAILED) {
      return null; // the current writer goes on, or the next connection writes what waits
    }
    Write next = open ? nextWrite(maxUnblockedBytes - channels.bytes(), now) : null;
    if (next == null) {
      wakeLinkIfNeeded(now, effects);
    }
    writing = next != null;
    return next;
  }

  /**
   * Wakes the link's thread if there is work that only this thread does, or if it would wake up too
   * late for held messages.
   */
  void wakeLinkIfNeeded(long now, PublishingEffects effects) {
    long nanos = hasChannelWork() ? 0 : queue.nanosToNext(now);
    if (nanos == Long.MAX_VALUE) {
      return;
    }
    boolean inTime = linkWakesAt.isPresent() && linkWakesAt.getAsLong() - (now + nanos) <= 0;
    if (nanos <= 0 || !inTime) {
      effects.wake();
    }
  }

  /**
   * Takes the next message from the queue and counts it as unconfirmed.
   *
   * @return null if no message is due, or the next one has more than {@code room} bytes
   */
  private Write nextWrite(long room, long now) {
    if (phase != Phase.OPEN || held) {
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
  private long room() {
    long bytes = channels.bytes();
    return bytes == 0 ? Long.MAX_VALUE : limits.unconfirmedWindow() - bytes;
  }

  /** Notes the end of a write, or of sending a fence. */
  void onWritten(PublishingChannel channel, WriteResult result, PublishingEffects effects) {
    writing = false;
    boolean closedAlone =
        channel.isLost() || (result == WriteResult.CHANNEL_CLOSED && !channels.isMain(channel));
    if (result != WriteResult.WRITTEN && !closedAlone && phase != Phase.CLOSED) {
      phase = Phase.FAILED;
    }
    if (phase == Phase.FAILED
        || phase == Phase.CLOSED
        || channel.isLost()
        || silenceDetector.isFenceDue()) {
      effects.wake();
    }
  }

  /** Notes that RabbitMQ has read everything that was written before the last fence. */
  void onFenceAnswered(PublishingChannel main, PublishingEffects effects) {
    if (!main.isLost()) {
      silenceDetector.onFenceAnswered();
      channels.active().forEach(PublishingChannel::onFenceAnswered);
      effects.wake(); // the window may have room
    }
  }

  /** Notes that the link's thread has opened a tenant's channel. */
  void onChannelOpened(PublishingChannel channel, long now) {
    channels.onOpened();
    channels.add(channel, now);
    queue.onChannelAvailable();
  }

  /** Notes that the link's thread has not opened a channel. */
  void onChannelNotOpened(NotOpened why, PublishingEffects effects) {
    channels.onOpened();
    queue.onChannelAvailable();
    switch (why) {
      case CONNECTION_IS_FULL -> noteLimit(channels.onExhausted(), effects);
      case USER_IS_AT_LIMIT -> noteLimit(channels.onRefused(), effects);
      case FAILED -> {}
    }
  }

  private static void noteLimit(int most, PublishingEffects effects) {
    effects.note(journal -> journal.channelsLimited(most));
  }

  /**
   * Retires idle channels, and has the link's thread send a fence if RabbitMQ was quiet. Called
   * every 200 ms.
   */
  void checkTimeouts(long now, PublishingEffects effects) {
    if (channels.checkTimeouts(now)) {
      queue.onChannelAvailable();
      effects.wake();
    }
    if (channels.isConnected() && phase != Phase.BLOCKED) {
      silenceDetector.requestFenceIfQuiet(now, channels.unreadNanos(now));
    }
    if (silenceDetector.isFenceDue() || hasChannelWork()) {
      effects.wake();
    }
  }

  /** Returns whether RabbitMQ has not answered for too long. */
  boolean isSilent(long now) {
    return channels.isConnected()
        && phase != Phase.BLOCKED
        && silenceDetector.isSilent(now, channels.unansweredNanos(now), channels.bytes());
  }
}
