package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.amqp.Outcomes.Done;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.ProcessId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes: makes messages of what waits, and has them written while less than the window is
 * unconfirmed, so that no alarm of RabbitMQ finds a writer stuck. The link's thread owns the
 * channels and may write anything; whose turn of the loop it is, and the connection's reader
 * thread, on which confirms come, write what can block nobody ({@link #writeHere}). One of them
 * writes at a time. Every publication gets exactly one {@link Outcome}, handed to the loop.
 *
 * <p>Only the link's thread opens and closes channels, since that waits for a reply of RabbitMQ's.
 * The others go on writing meanwhile, on the channels that there are. RabbitMQ reads a connection
 * in order: while it owes that reply, it would not read what the link's thread might write either.
 */
final class Publisher implements Link.Use, PublishingChannel.Listener {

  private static final Logger log = LoggerFactory.getLogger(Publisher.class);

  /**
   * So much is unconfirmed at the most, and in the socket's buffer, when somebody else than the
   * link's thread writes: what fits there can block nobody.
   */
  private static final int MOST_BYTES_HERE = 64 * 1024;

  private static final int PART_OF_BUFFER = 4;

  private final Link link;
  private final AmqpConfig config;
  private final ProcessId id;
  private final Loop loop;
  private final SessionMetrics metrics;
  private final Outcomes outcomes;

  /** Something was published in this turn of the loop, and the writer was not told yet. */
  private boolean published;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All of these are guarded by the lock.
  private final PublisherState state;

  private final RateLimit closedWarnings = new RateLimit(Duration.ofMinutes(1));

  /** Somebody takes a message and writes it: one at a time, so that numbers are in order. */
  private boolean writing;

  /** A write failed: nothing more is written on this connection. */
  private boolean broken;

  /** What may be unconfirmed when others than the link's thread write. */
  private long mostBytesHere;

  /** When the link's thread comes by itself to write what is held, if it does. */
  private OptionalLong wakesAt = OptionalLong.empty();

  /** Outcomes that are on their way to the loop. */
  private int telling;

  /** Who waits for all to be over. */
  private int flushing;

  Publisher(Link link, AmqpConfig config, ProcessId id, Loop loop, SessionMetrics metrics) {
    this.link = link;
    this.config = config;
    this.id = id;
    this.loop = loop;
    this.metrics = metrics;
    this.outcomes = new Outcomes(loop, metrics);
    this.state = new PublisherState(config, System.nanoTime());
  }

  /** From any thread; never blocks. */
  void publish(Publication publication) {
    change(
        done -> {
          if (state.publish(publication, System.nanoTime(), done)) {
            if (loop.isItsTurn()) {
              published = true; // onTaskEnd sees to it: more may come
            } else {
              changed.signalAll();
            }
          }
        });
  }

  /**
   * In the loop's turn, at the end of a task: what it has published is written here, unless there
   * is more to do here.
   */
  void onTaskEnd(boolean moreWaits) {
    if (!published) {
      return;
    }
    published = false;
    if (!moreWaits) {
      writeHere();
      return;
    }
    change(done -> wakeIfNeeded());
  }

  /**
   * Writes what may go, on a thread that must not block: less than what the socket's buffer takes,
   * on a channel that is there. What is left is the link's thread's. A hand-over to that takes
   * longer than the write.
   */
  private void writeHere() {
    while (true) {
      Write next;
      lock.lock();
      try {
        if (writing || broken || !state.channels().areThere()) {
          return; // whoever writes goes on; a new connection begins with what waits
        }
        next = state.nextWrite(mostBytesHere - state.channels().bytes(), System.nanoTime());
        if (next == null) {
          wakeIfNeeded();
          return;
        }
        writing = true;
      } finally {
        lock.unlock();
      }
      Written how = Written.BADLY;
      try {
        write(next);
        how = Written.WELL;
      } catch (IOException | ShutdownSignalException e) {
        log.debug("event=write_failed why={}", LogText.quoted(Failures.describe(e)));
      } catch (RuntimeException | Error e) { // none, not even a lack of memory, ends the publishing
        log.error("event=bug thread={}", Thread.currentThread().getName(), e);
      } finally {
        written(next.channel(), how);
      }
    }
  }

  private void write(Write next) throws IOException {
    WrittenMessage message = next.message();
    next.channel().write(message, config.user(), id.toString());
    metrics.published(message.publications().get(0).event().type(), message.publications().size());
  }

  private enum Written {
    WELL,
    /** Its number may be used up, or not: the channel is of no more use. */
    BADLY
  }

  private void written(PublishingChannel on, Written how) {
    lock.lock();
    try {
      writing = false;
      broken |= how == Written.BADLY && !on.isLost() && !isClosedAlone(on);
      if (broken || state.isClosed() || state.silence().isDue() || on.isLost()) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether RabbitMQ has closed that channel of a tenant: {@link #care} sees to it. */
  private boolean isClosedAlone(PublishingChannel channel) {
    return !state.channels().isMain(channel) && !channel.isOpen();
  }

  /** With the lock held: has the link's thread do what nobody else may, or when its time is up. */
  private void wakeIfNeeded() {
    long now = System.nanoTime();
    long nanos = state.needCare() ? 0 : state.outbox().nanosToNext(now);
    if (nanos == Long.MAX_VALUE) {
      return;
    }
    boolean inTime = wakesAt.isPresent() && wakesAt.getAsLong() - (now + nanos) <= 0;
    if (nanos <= 0 || !inTime) {
      changed.signalAll();
    }
  }

  /** From any thread; does nothing with what is written. */
  void withdraw(Publication publication) {
    change(
        done -> {
          if (state.withdraw(publication)) {
            changed.signalAll(); // flush() may wait for it
          }
        });
  }

  /** From any thread: writes nothing for as long as it is held. */
  void hold(boolean held) {
    change(
        done -> {
          state.hold(held);
          changed.signalAll();
        });
  }

  boolean isConnected() {
    return locked(() -> state.channels().areOpen());
  }

  boolean isBlocked() {
    return locked(state::isBlocked);
  }

  int waiting() {
    return locked(() -> state.outbox().size());
  }

  int unconfirmed() {
    return locked(() -> state.channels().unconfirmed());
  }

  @Override
  public void use(Connection connection) throws IOException, InterruptedException {
    PublishingChannel main = PublishingChannel.open(connection.createChannel(), this);
    connection.addBlockedListener(reason -> onBlocked(main, reason), () -> onUnblocked(main));
    int channelMax = connection.getChannelMax();
    change(
        done -> {
          state.onOpened(main, channelMax, System.nanoTime(), done);
          broken = false;
          mostBytesHere = Math.min(MOST_BYTES_HERE, link.sendBufferBytes() / PART_OF_BUFFER);
        });
    link.healthy();
    try {
      writeWhileOpen(connection, main);
    } finally {
      lost();
    }
  }

  private void writeWhileOpen(Connection connection, PublishingChannel main)
      throws IOException, InterruptedException {
    while (true) {
      Write next;
      boolean probing;
      lock.lockInterruptibly();
      try {
        next = awaitWork(connection);
        if (!isUsable(connection)) {
          return; // a message just made is among the unconfirmed: lost() sees to it
        }
        probing = !writing && state.silence().takeDue();
        if (probing) {
          state.channels().used().forEach(PublishingChannel::onFence);
        }
        writing |= probing || next != null;
      } finally {
        lock.unlock();
      }
      if (probing || next != null) {
        writeHolding(main, probing, next);
      }
      care(connection);
    }
  }

  /** With the lock held: waits for something to do; returns the next message, if there is one. */
  private Write awaitWork(Connection connection) throws InterruptedException {
    long now = System.nanoTime();
    Write next = writing ? null : state.nextWrite(state.room(), now);
    while (next == null
        && (writing || !state.silence().isDue())
        && !state.needCare()
        && isUsable(connection)) {
      // Of the same clock reading: by a later one, what could not go yet might seem to be due.
      long nanos = nanosToWait(now);
      if (nanos != Long.MAX_VALUE) {
        wakesAt = OptionalLong.of(now + nanos);
      }
      long unused = changed.awaitNanos(nanos);
      wakesAt = OptionalLong.empty();
      now = System.nanoTime();
      next = writing ? null : state.nextWrite(state.room(), now);
    }
    return next;
  }

  private boolean isUsable(Connection connection) {
    return !state.isClosed()
        && !broken
        && connection.isOpen()
        && state.channels().areOpen()
        && !state.isUsedUp();
  }

  /**
   * Until what is held may go. What may go already, by the clock reading by which it was not taken,
   * waits for a word of RabbitMQ's.
   */
  private long nanosToWait(long now) {
    long nanos = state.outbox().nanosToNext(now);
    return nanos <= 0 ? Long.MAX_VALUE : nanos;
  }

  /** On the link's thread, whose turn it is to write: sends a fence, and writes a message. */
  private void writeHolding(PublishingChannel main, boolean probing, Write next)
      throws IOException {
    PublishingChannel on = main;
    Written how = Written.BADLY;
    try {
      if (probing) {
        state.silence().ask(() -> onRead(main));
      }
      if (next != null) {
        on = next.channel();
        write(next);
      }
      how = Written.WELL;
    } catch (ShutdownSignalException e) {
      if (!isClosedAlone(on)) {
        throw e;
      }
    } finally {
      written(on, how); // the link hears of a failure itself, but nobody may write behind it
    }
  }

  private void onRead(PublishingChannel main) {
    change(
        done -> {
          if (!main.isLost()) {
            state.channels().used().forEach(PublishingChannel::onFenceAnswered);
            changed.signalAll(); // there may be room now
          }
        });
  }

  /**
   * On the link's thread: opens a channel, closes one, or gives up one that RabbitMQ has closed.
   */
  private void care(Connection connection) throws IOException {
    Optional<PublishingChannel> retired;
    boolean wanted;
    change(done -> takeDead(connection, done));
    lock.lock();
    try {
      if (!state.needCare() || !isUsable(connection)) {
        return;
      }
      retired = state.channels().takeRetired();
      wanted = state.channels().takeWanted(System.nanoTime());
    } finally {
      lock.unlock();
    }
    retired.ifPresent(PublishingChannel::close);
    if (wanted) {
      try {
        openAnother(connection);
      } finally {
        change(done -> state.channels().onOpened());
      }
    }
    change(done -> state.outbox().onChannel());
  }

  private void openAnother(Connection connection) throws IOException {
    Optional<PublishingChannel> another = Optional.empty();
    try {
      Channel opened = connection.createChannel(); // null: RabbitMQ allows no more
      if (opened != null) {
        another = Optional.of(PublishingChannel.open(opened, this));
      }
    } catch (ChannelContinuationTimeoutException e) {
      if (isBlocked()) {
        return; // it reads nothing until the alarm is over: this channel is left to itself
      }
      throw e;
    } catch (IOException | ShutdownSignalException e) {
      if (Failures.isNotAllowed(connection.getCloseReason())) {
        change(done -> state.channels().onRefused());
      }
      throw e;
    }
    Optional<PublishingChannel> added = another;
    change(done -> state.channels().add(added, System.nanoTime()));
  }

  @Override
  public void onShut(PublishingChannel channel) {
    change(
        done -> {
          state.channels().onShut(channel);
          changed.signalAll();
        });
  }

  @Override
  public void onReturned(PublishingChannel from, String messageId) {
    change(done -> state.onReturned(from, messageId));
  }

  @Override
  public void onConfirmed(PublishingChannel from, long number, boolean multiple) {
    change(
        done -> {
          state.onConfirmed(from, number, multiple, System.nanoTime(), done);
          if (flushing > 0 || state.isUsedUp()) {
            changed.signalAll();
          }
        });
    writeHere(); // what waited for this, and what came of it
  }

  @Override
  public void onNacked(PublishingChannel from, long number, boolean multiple) {
    change(
        done -> {
          state.onNacked(from, number, multiple, System.nanoTime(), done);
          changed.signalAll();
        });
  }

  private void onBlocked(PublishingChannel main, String reason) {
    log.warn("event=amqp_blocked why={}", LogText.quoted(reason));
    change(done -> state.onBlocked(main, done));
  }

  private void onUnblocked(PublishingChannel main) {
    log.info("event=amqp_unblocked");
    change(
        done -> {
          state.onUnblocked(main, System.nanoTime());
          changed.signalAll();
        });
  }

  private void lost() {
    List<Refusal> why = new ArrayList<>();
    for (PublishingChannel each : locked(() -> state.channels().all())) {
      each.refusal().ifPresent(why::add);
    }
    change(
        done -> {
          state.onLost(why, System.nanoTime(), done);
          changed.signalAll();
        });
  }

  /** In one step: flush() must not find its messages neither unconfirmed nor waiting. */
  private void takeDead(Connection connection, List<Done> done) {
    if (!state.needCare() || !isUsable(connection)) {
      return;
    }
    long now = System.nanoTime();
    Optional<PublishingChannel> dead = state.channels().takeDead(now);
    if (dead.isEmpty()) {
      return;
    }
    if (closedWarnings.allows(now)) {
      log.warn(
          "event=publishing_channel_closed why={} suppressed={}",
          LogText.quoted(dead.get().closeReason()),
          closedWarnings.takeSuppressed());
    }
    state.onLostAlone(dead.get(), dead.get().refusal(), now, done);
    changed.signalAll(); // flush() may wait for it
    state.outbox().onChannel();
  }

  /** This process stood still until now: that RabbitMQ was not heard is not its fault. */
  void stoodStill(long nowNanos) {
    change(done -> state.silence().excuseUntil(nowNanos));
  }

  /**
   * Called every 200 ms: gives up what has waited too long, and cuts a link that has gone silent.
   */
  void watch(long nowNanos) {
    change(
        done -> {
          if (state.onTime(nowNanos, done)) {
            changed.signalAll();
          }
        });
    if (locked(() -> state.isSilent(nowNanos))) {
      link.cut("RabbitMQ has confirmed nothing for " + config.confirmTimeout());
    }
  }

  /** Waits until nothing waits, nothing is unconfirmed and every outcome is with the loop. */
  boolean flush(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      flushing++;
      changed.signalAll();
      while (!state.isDone() || telling > 0) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      flushing--;
      lock.unlock();
    }
  }

  /** Writes nothing more; what waits gets its outcome. */
  void close() {
    change(
        done -> {
          state.close(System.nanoTime(), done);
          changed.signalAll();
        });
  }

  private <T> T locked(Supplier<T> read) {
    lock.lock();
    try {
      return read.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Does this with the lock held, and tells of the outcomes that it adds without: what an outcome
   * brings about may happen here.
   */
  private void change(Consumer<List<Done>> step) {
    List<Done> done = new ArrayList<>();
    lock.lock();
    try {
      step.accept(done);
      telling += done.isEmpty() ? 0 : 1;
    } finally {
      lock.unlock();
    }
    if (done.isEmpty()) {
      return;
    }
    outcomes.tell(done);
    lock.lock();
    try {
      telling--;
      if (flushing > 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
