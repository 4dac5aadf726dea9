package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
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
 * Publishes with confirms. Joins waiting publications into messages, and writes them while the
 * unconfirmed bytes fit the window, so that no writer blocks when an alarm stops RabbitMQ from
 * reading. Every publication gets exactly one {@link Outcome}, on the loop.
 *
 * <p>One thread writes at a time:
 *
 * <ul>
 *   <li>The link's thread may write any message. Only this thread opens and closes channels, since
 *       that waits for RabbitMQ's reply.
 *   <li>The thread that runs the loop's current task, and the connection's reader thread, which
 *       receives confirms, write only what cannot block ({@link #writeWithoutBlocking}). They go on
 *       while the link's thread waits for a reply.
 * </ul>
 */
final class Publisher implements Link.ConnectionUser, PublishingChannel.Listener {

  private static final Logger log = LoggerFactory.getLogger(Publisher.class);

  /**
   * Limit of unconfirmed bytes for threads other than the link's thread. This amount fits into the
   * socket's send buffer, so these threads do not block in a write.
   */
  private static final int MAX_UNBLOCKED_BYTES = 64 * 1024;

  /** Threads other than the link's thread fill at most 1/{@value} of the socket's send buffer. */
  private static final int BUFFER_FRACTION = 4;

  private final Link link;
  private final AmqpConfig config;
  private final ProcessId id;
  private final Loop loop;
  private final SessionMetrics metrics;
  private final Outcomes outcomes;

  /** True if the loop's current task has published, and {@link #onTaskEnd} must start the write. */
  private boolean published;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock, as are the fields below.
  private final PublisherState state;

  private final RateLimit closedWarnings = new RateLimit(Duration.ofMinutes(1));

  /** True while a thread writes; one at a time, so that the confirm numbers are in order. */
  private boolean writing;

  /** True if a write has failed: nothing more is written on this connection. */
  private boolean writeFailed;

  /** Limit of unconfirmed bytes, on this connection, for threads other than the link's thread. */
  private long maxUnblockedBytes;

  /** Time at which the link's thread wakes up to write held messages; empty if it does not. */
  private OptionalLong wakesAt = OptionalLong.empty();

  /** Number of threads that are handing outcomes to the loop. */
  private int outcomesInDelivery;

  /** Number of threads in {@link #flush}. */
  private int flushers;

  Publisher(Link link, AmqpConfig config, ProcessId id, Loop loop, SessionMetrics metrics) {
    this.link = link;
    this.config = config;
    this.id = id;
    this.loop = loop;
    this.metrics = metrics;
    this.outcomes = new Outcomes(loop, metrics);
    this.state = new PublisherState(config, System.nanoTime());
  }

  /** Takes a publication, from any thread; never blocks. */
  void publish(Publication publication) {
    change(
        completions -> {
          if (state.publish(publication, System.nanoTime(), completions)) {
            if (loop.isItsTurn()) {
              published = true; // written in onTaskEnd, since the task may publish more
            } else {
              changed.signalAll();
            }
          }
        });
  }

  /**
   * Writes what the loop's current task has published, on the thread of that task. If more tasks
   * wait, leaves the write to the link's thread.
   */
  void onTaskEnd(boolean moreWaits) {
    if (!published) {
      return;
    }
    published = false;
    if (!moreWaits) {
      writeWithoutBlocking();
      return;
    }
    change(completions -> wakeIfNeeded());
  }

  /**
   * Writes messages on the calling thread, which must not block: only as many bytes as the socket's
   * buffer takes, and only on open channels. The link's thread writes the rest. Writing here is
   * faster than a hand-over to the link's thread.
   */
  private void writeWithoutBlocking() {
    while (true) {
      Write next;
      lock.lock();
      try {
        if (writing || writeFailed || !state.channels().isConnected()) {
          return; // the current writer goes on, or the next connection writes what waits
        }
        next = state.nextWrite(maxUnblockedBytes - state.channels().bytes(), System.nanoTime());
        if (next == null) {
          wakeIfNeeded();
          return;
        }
        writing = true;
      } finally {
        lock.unlock();
      }
      WriteResult result = WriteResult.FAILED;
      try {
        write(next);
        result = WriteResult.WRITTEN;
      } catch (IOException | ShutdownSignalException e) {
        log.debug("event=write_failed why={}", LogText.quoted(Failures.describe(e)));
      } catch (RuntimeException
          | Error e) { // nothing may end publishing, not even an OutOfMemoryError
        log.error("event=bug thread={}", Thread.currentThread().getName(), e);
      } finally {
        onWritten(next.channel(), result);
      }
    }
  }

  private void write(Write next) throws IOException {
    WrittenMessage message = next.message();
    next.channel().write(message, config.user(), id.toString());
    metrics.published(message.publications().get(0).event().type(), message.publications().size());
  }

  private enum WriteResult {
    WRITTEN,
    /**
     * The channel may or may not have used up the message's number, so the channel must not be used
     * again.
     */
    FAILED
  }

  private void onWritten(PublishingChannel channel, WriteResult result) {
    lock.lock();
    try {
      writing = false;
      writeFailed |=
          result == WriteResult.FAILED && !channel.isLost() && !isClosedTenantChannel(channel);
      if (writeFailed
          || state.isClosed()
          || state.silenceDetector().isFenceDue()
          || channel.isLost()) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns whether this is a tenant's channel that is closed; {@link #manageChannels} removes it.
   */
  private boolean isClosedTenantChannel(PublishingChannel channel) {
    return !state.channels().isMain(channel) && !channel.isOpen();
  }

  /**
   * Wakes the link's thread if there is work that only this thread does, or if it would wake up too
   * late for held messages. Called with the lock held.
   */
  private void wakeIfNeeded() {
    long now = System.nanoTime();
    long nanos = state.hasChannelWork() ? 0 : state.queue().nanosToNext(now);
    if (nanos == Long.MAX_VALUE) {
      return;
    }
    boolean inTime = wakesAt.isPresent() && wakesAt.getAsLong() - (now + nanos) <= 0;
    if (nanos <= 0 || !inTime) {
      changed.signalAll();
    }
  }

  /** Takes back a publication that is not written yet. From any thread. */
  void withdraw(Publication publication) {
    change(
        completions -> {
          if (state.withdraw(publication)) {
            changed.signalAll(); // for flush()
          }
        });
  }

  /** Stops ({@code true}) and resumes writing. From any thread. */
  void hold(boolean held) {
    change(
        completions -> {
          state.hold(held);
          changed.signalAll();
        });
  }

  boolean isConnected() {
    return locked(() -> state.channels().isOpen());
  }

  boolean isBlocked() {
    return locked(state::isBlocked);
  }

  int waiting() {
    return locked(() -> state.queue().size());
  }

  int unconfirmed() {
    return locked(() -> state.channels().unconfirmed());
  }

  @Override
  public void use(Connection connection) throws IOException, InterruptedException {
    PublishingChannel mainChannel = PublishingChannel.open(connection.createChannel(), this);
    connection.addBlockedListener(
        reason -> onBlocked(mainChannel, reason), () -> onUnblocked(mainChannel));
    int channelMax = connection.getChannelMax();
    change(
        completions -> {
          state.onOpened(mainChannel, channelMax, System.nanoTime(), completions);
          writeFailed = false;
          maxUnblockedBytes =
              Math.min(MAX_UNBLOCKED_BYTES, link.sendBufferBytes() / BUFFER_FRACTION);
        });
    link.onHealthy();
    try {
      writeWhileOpen(connection, mainChannel);
    } finally {
      onLost();
    }
  }

  private void writeWhileOpen(Connection connection, PublishingChannel mainChannel)
      throws IOException, InterruptedException {
    while (true) {
      Write next;
      boolean probing;
      lock.lockInterruptibly();
      try {
        next = awaitWork(connection);
        if (!isUsable(connection)) {
          return; // a message that was just taken is among the unconfirmed: onLost() decides on it
        }
        probing = !writing && state.silenceDetector().takeFenceDue();
        if (probing) {
          state.channels().active().forEach(PublishingChannel::onFenceSent);
        }
        writing |= probing || next != null;
      } finally {
        lock.unlock();
      }
      if (probing || next != null) {
        writeExclusively(mainChannel, probing, next);
      }
      manageChannels(connection);
    }
  }

  /**
   * Waits for work of the link's thread. Called with the lock held.
   *
   * @return the next message to write; null if there is other work, or the connection is unusable
   */
  private Write awaitWork(Connection connection) throws InterruptedException {
    long now = System.nanoTime();
    Write next = writing ? null : state.nextWrite(state.room(), now);
    while (next == null
        && (writing || !state.silenceDetector().isFenceDue())
        && !state.hasChannelWork()
        && isUsable(connection)) {
      // Use the clock reading of nextWrite: by a later one, held messages might seem due.
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
        && !writeFailed
        && connection.isOpen()
        && state.channels().isOpen()
        && !state.isReconnectDue();
  }

  /**
   * Returns the time until held messages are due; MAX_VALUE if there are none. Also MAX_VALUE if
   * they are due already: since the caller could not take them at this {@code now}, they wait for a
   * confirm or a channel, and not for a time.
   */
  private long nanosToWait(long now) {
    long nanos = state.queue().nanosToNext(now);
    return nanos <= 0 ? Long.MAX_VALUE : nanos;
  }

  /** Sends a fence and writes a message, on the link's thread, which has set {@link #writing}. */
  private void writeExclusively(PublishingChannel mainChannel, boolean probing, Write next)
      throws IOException {
    PublishingChannel channel = mainChannel;
    WriteResult result = WriteResult.FAILED;
    try {
      if (probing) {
        state.silenceDetector().sendFence(() -> onFenceAnswered(mainChannel));
      }
      if (next != null) {
        channel = next.channel();
        write(next);
      }
      result = WriteResult.WRITTEN;
    } catch (ShutdownSignalException e) {
      if (!isClosedTenantChannel(channel)) {
        throw e;
      }
    } finally {
      onWritten(channel, result); // after a failure no other thread may write
    }
  }

  private void onFenceAnswered(PublishingChannel mainChannel) {
    change(
        completions -> {
          if (!mainChannel.isLost()) {
            state.channels().active().forEach(PublishingChannel::onFenceAnswered);
            changed.signalAll(); // the window may have room
          }
        });
  }

  /** Removes a closed channel, closes a retired one, and opens a new one, on the link's thread. */
  private void manageChannels(Connection connection) throws IOException {
    Optional<PublishingChannel> retired;
    boolean wanted;
    change(completions -> takeClosedChannel(connection, completions));
    lock.lock();
    try {
      if (!state.hasChannelWork() || !isUsable(connection)) {
        return;
      }
      retired = state.channels().takeRetired();
      wanted = state.channels().takeOpenRequest(System.nanoTime());
    } finally {
      lock.unlock();
    }
    retired.ifPresent(PublishingChannel::close);
    if (wanted) {
      try {
        openTenantChannel(connection);
      } finally {
        change(completions -> state.channels().onOpened());
      }
    }
    change(completions -> state.queue().onChannelAvailable());
  }

  private void openTenantChannel(Connection connection) throws IOException {
    Optional<PublishingChannel> another = Optional.empty();
    try {
      Channel opened =
          connection.createChannel(); // null: the connection has its maximum number of channels
      if (opened != null) {
        another = Optional.of(PublishingChannel.open(opened, this));
      }
    } catch (ChannelContinuationTimeoutException e) {
      if (isBlocked()) {
        return; // RabbitMQ replies after the alarm; abandon this channel
      }
      throw e;
    } catch (IOException | ShutdownSignalException e) {
      if (Failures.isNotAllowed(connection.getCloseReason())) {
        change(completions -> state.channels().onRefused());
      }
      throw e;
    }
    Optional<PublishingChannel> added = another;
    change(completions -> state.channels().add(added, System.nanoTime()));
  }

  @Override
  public void onShutdown(PublishingChannel channel) {
    change(
        completions -> {
          state.channels().onShutdown(channel);
          changed.signalAll();
        });
  }

  @Override
  public void onReturned(PublishingChannel from, String messageId) {
    change(completions -> state.onReturned(from, messageId));
  }

  @Override
  public void onConfirmed(PublishingChannel from, long number, boolean multiple) {
    change(
        completions -> {
          state.onConfirmed(from, number, multiple, System.nanoTime(), completions);
          if (flushers > 0 || state.isReconnectDue()) {
            changed.signalAll();
          }
        });
    writeWithoutBlocking(); // messages that waited for this confirm, or that its outcome caused
  }

  @Override
  public void onNacked(PublishingChannel from, long number, boolean multiple) {
    change(
        completions -> {
          state.onNacked(from, number, multiple, System.nanoTime(), completions);
          changed.signalAll();
        });
  }

  private void onBlocked(PublishingChannel mainChannel, String reason) {
    log.warn("event=amqp_blocked why={}", LogText.quoted(reason));
    change(completions -> state.onBlocked(mainChannel, completions));
  }

  private void onUnblocked(PublishingChannel mainChannel) {
    log.info("event=amqp_unblocked");
    change(
        completions -> {
          state.onUnblocked(mainChannel, System.nanoTime());
          changed.signalAll();
        });
  }

  private void onLost() {
    List<Refusal> refusals = new ArrayList<>();
    for (PublishingChannel each : locked(() -> state.channels().all())) {
      each.refusal().ifPresent(refusals::add);
    }
    change(
        completions -> {
          state.onLost(refusals, System.nanoTime(), completions);
          changed.signalAll();
        });
  }

  /**
   * Removes a tenant's channel that RabbitMQ has closed. Must requeue its messages in the same
   * step, so that {@link #flush} does not miss them.
   */
  private void takeClosedChannel(Connection connection, List<Completion> completions) {
    if (!state.hasChannelWork() || !isUsable(connection)) {
      return;
    }
    long now = System.nanoTime();
    Optional<PublishingChannel> closed = state.channels().takeClosed(now);
    if (closed.isEmpty()) {
      return;
    }
    if (closedWarnings.allows(now)) {
      log.warn(
          "event=publishing_channel_closed why={} suppressed={}",
          LogText.quoted(closed.get().closeReason()),
          closedWarnings.takeSuppressed());
    }
    state.onTenantChannelLost(closed.get(), closed.get().refusal(), now, completions);
    changed.signalAll(); // for flush()
    state.queue().onChannelAvailable();
  }

  /** Notes that this process was suspended until now: RabbitMQ's silence so far does not count. */
  void onSuspended(long nowNanos) {
    change(completions -> state.silenceDetector().excuseUntil(nowNanos));
  }

  /** Gives up overdue publications, and cuts a silent connection. Called every 200 ms. */
  void watch(long nowNanos) {
    change(
        completions -> {
          if (state.checkTimeouts(nowNanos, completions)) {
            changed.signalAll();
          }
        });
    if (locked(() -> state.isSilent(nowNanos))) {
      link.cut(
          "RabbitMQ has not answered on the publishing connection for " + config.confirmTimeout());
    }
  }

  /**
   * Waits until no publication waits or is unconfirmed and the loop has every outcome.
   *
   * @return false on timeout
   */
  boolean flush(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      flushers++;
      changed.signalAll();
      while (!state.isDone() || outcomesInDelivery > 0) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      flushers--;
      lock.unlock();
    }
  }

  /** Stops writing; waiting publications get their outcome. */
  void close() {
    change(
        completions -> {
          state.close(System.nanoTime(), completions);
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
   * Runs the step with the lock held, then delivers the outcomes that the step adds, without the
   * lock: their listeners may run on this thread.
   */
  private void change(Consumer<List<Completion>> step) {
    List<Completion> completions = new ArrayList<>();
    lock.lock();
    try {
      step.accept(completions);
      outcomesInDelivery += completions.isEmpty() ? 0 : 1;
    } finally {
      lock.unlock();
    }
    if (completions.isEmpty()) {
      return;
    }
    outcomes.deliver(completions);
    lock.lock();
    try {
      outcomesInDelivery--;
      if (flushers > 0) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
