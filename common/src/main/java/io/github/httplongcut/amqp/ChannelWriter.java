package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.amqp.PublishingChannel.Write;
import io.github.httplongcut.amqp.PublishingConnection.NotOpened;
import io.github.httplongcut.amqp.PublishingConnection.WriteResult;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.ProcessId;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes messages to RabbitMQ, and passes RabbitMQ's replies to the {@link PublisherMonitor}, which
 * says what is written. One thread writes at a time:
 *
 * <ul>
 *   <li>The link's thread ({@link #use}) may write any message. Only this thread opens and closes
 *       channels, since that waits for RabbitMQ's reply.
 *   <li>The thread that runs the loop's current task, and the connection's reader thread, which
 *       receives confirms, write only what cannot block ({@link #writeWithoutBlocking}). They go on
 *       while the link's thread waits for a reply.
 * </ul>
 */
final class ChannelWriter implements Link.ConnectionUser, ConfirmChannel.Listener {

  private static final Logger log = LoggerFactory.getLogger(ChannelWriter.class);

  /**
   * Limit of unread bytes for threads other than the link's thread. This amount fits into the
   * socket's send buffer, so these threads do not block in a write.
   */
  private static final int MAX_UNBLOCKED_BYTES = 64 * 1024;

  /** Threads other than the link's thread fill at most 1/{@value} of the socket's send buffer. */
  private static final int BUFFER_FRACTION = 4;

  private final Link link;
  private final PublisherMonitor monitor;
  private final String user;
  private final ProcessId id;
  private final PublishingMetrics metrics;

  /**
   * Creates a writer without a connection.
   *
   * @param user RabbitMQ user of the connection
   * @param id process id, for the message ids
   */
  ChannelWriter(
      Link link, PublisherMonitor monitor, String user, ProcessId id, PublishingMetrics metrics) {
    this.link = link;
    this.monitor = monitor;
    this.user = user;
    this.id = id;
    this.metrics = metrics;
  }

  /**
   * Writes messages on the calling thread, which must not block: only as many bytes as the socket's
   * buffer takes, and only on open channels. The link's thread writes the rest. Writing here is
   * faster than a hand-over to the link's thread.
   */
  void writeWithoutBlocking() {
    Write next = monitor.nextUnblockedWrite();
    while (next != null) {
      WriteResult result = WriteResult.FAILED;
      try {
        write(next);
        result = WriteResult.WRITTEN;
      } catch (IOException e) { // the socket is broken
        log.debug("event=write_failed why={}", LogText.quoted(Failures.describe(e)));
      } catch (ShutdownSignalException e) {
        result = resultOf(next);
        log.debug("event=write_failed why={}", LogText.quoted(Failures.describe(e)));
      } catch (RuntimeException
          | Error e) { // nothing may end publishing, not even a lack of memory
        log.error("event=bug thread={}", Thread.currentThread().getName(), e);
      } finally {
        monitor.onWritten(next.channel(), result);
      }
      next = monitor.nextUnblockedWrite();
    }
  }

  private void write(Write next) throws IOException {
    WrittenMessage message = next.message();
    ConfirmChannel.of(next.channel()).write(message, user, id);
    metrics.published(message);
  }

  /** Returns the result of a write for which the AMQP client says that a channel is closed. */
  private static WriteResult resultOf(Write failed) {
    return ConfirmChannel.of(failed.channel()).isOpen()
        ? WriteResult.FAILED
        : WriteResult.CHANNEL_CLOSED;
  }

  @Override
  public void use(Connection connection) throws IOException, InterruptedException {
    ConfirmChannel main = ConfirmChannel.open(connection.createChannel(), this);
    connection.addBlockedListener(reason -> onBlocked(main, reason), () -> onUnblocked(main));
    monitor.onOpened(
        main,
        connection.getChannelMax(),
        Math.min(MAX_UNBLOCKED_BYTES, link.sendBufferBytes() / BUFFER_FRACTION));
    link.onOpened();
    link.onHealthy();
    try {
      workWhileOpen(connection, main);
    } finally {
      monitor.onLost();
    }
  }

  private void workWhileOpen(Connection connection, ConfirmChannel main)
      throws IOException, InterruptedException {
    while (true) {
      LinkWork work = monitor.awaitLinkWork(connection);
      switch (work.type()) {
        case LEAVE -> {
          return;
        }
        case FENCE -> sendFence(main);
        case WRITE -> writeOnLink(main, work.write());
        case REMOVE -> remove(work.channel());
        case CLOSE -> ConfirmChannel.of(work.channel()).close();
        case OPEN -> open(connection);
        case WAIT -> throw new IllegalStateException("no work");
      }
    }
  }

  private void sendFence(ConfirmChannel main) throws IOException {
    WriteResult result = WriteResult.FAILED;
    try {
      main.sendFence(() -> monitor.onFenceAnswered(main.state()));
      result = WriteResult.WRITTEN;
    } finally {
      monitor.onWritten(main.state(), result); // after a failure no other thread may write
    }
  }

  private void writeOnLink(ConfirmChannel main, Write next) throws IOException {
    WriteResult result = WriteResult.FAILED;
    try {
      write(next);
      result = WriteResult.WRITTEN;
    } catch (ShutdownSignalException e) {
      result = resultOf(next);
      if (result == WriteResult.FAILED || next.channel() == main.state()) {
        throw e;
      }
    } finally {
      monitor.onWritten(next.channel(), result);
    }
  }

  private void remove(PublishingChannel channel) {
    ConfirmChannel closed = ConfirmChannel.of(channel);
    monitor.removeChannel(channel, closed.refusal(), closed.closeReason());
  }

  private void open(Connection connection) throws IOException {
    NotOpened why = NotOpened.FAILED;
    ConfirmChannel opened = null;
    try {
      Channel channel = connection.createChannel();
      if (channel == null) {
        why = NotOpened.CONNECTION_IS_FULL;
      } else {
        opened = ConfirmChannel.open(channel, this);
      }
    } catch (ChannelContinuationTimeoutException e) {
      if (!monitor.isBlocked()) { // else RabbitMQ replies after the alarm; abandon this channel
        throw e;
      }
    } catch (IOException | ShutdownSignalException e) {
      if (Failures.isNotAllowed(connection.getCloseReason())) {
        why = NotOpened.USER_IS_AT_LIMIT;
      }
      throw e;
    } finally {
      if (opened == null) {
        monitor.onChannelNotOpened(why);
      } else {
        monitor.onChannelOpened(opened);
      }
    }
  }

  @Override
  public void onShutdown(PublishingChannel channel) {
    monitor.onShutdown(channel);
  }

  @Override
  public void onReturned(PublishingChannel from, long number) {
    monitor.onReturned(from, number);
  }

  @Override
  public void onConfirmed(PublishingChannel from, long number, boolean multiple) {
    monitor.onConfirmed(from, number, multiple);
    writeWithoutBlocking(); // messages that waited for this confirm, or that its outcome caused
  }

  @Override
  public void onNacked(PublishingChannel from, long number, boolean multiple) {
    monitor.onNacked(from, number, multiple);
  }

  private void onBlocked(ConfirmChannel main, String reason) {
    log.warn("event=amqp_blocked why={}", LogText.quoted(reason));
    monitor.onBlocked(main.state());
  }

  private void onUnblocked(ConfirmChannel main) {
    log.info("event=amqp_unblocked");
    monitor.onUnblocked(main.state());
  }
}
