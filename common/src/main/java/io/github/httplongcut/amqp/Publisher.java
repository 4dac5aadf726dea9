package io.github.httplongcut.amqp;

import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import java.time.Duration;

/**
 * Publishes with confirms. Joins waiting publications into messages, and writes them while the
 * unconfirmed bytes fit the window, so that no writer blocks when an alarm stops RabbitMQ from
 * reading. Every publication gets exactly one {@link Outcome}, on the loop.
 *
 * <p>{@link PublisherState} decides, {@link PublisherMonitor} guards it, and {@link ChannelWriter}
 * writes. Any thread may call any method unless its comment says otherwise.
 */
final class Publisher {

  private final Link link;
  private final Duration confirmTimeout;
  private final Loop loop;
  private final PublisherMonitor monitor;
  private final ChannelWriter writer;

  /**
   * True if the loop's current task has published, and {@link #onTaskEnd} must start the write.
   * Belongs to the loop.
   */
  private boolean published;

  Publisher(Link link, AmqpConfig config, ProcessId id, Loop loop, PublishingMetrics metrics) {
    this.link = link;
    this.confirmTimeout = config.confirmTimeout();
    this.loop = loop;
    this.monitor =
        new PublisherMonitor(PublisherLimits.of(config), new Outcomes(loop, metrics), metrics);
    this.writer = new ChannelWriter(link, monitor, config.user(), id, metrics);
  }

  /** Returns the user of the link's connections. */
  ChannelWriter connectionUser() {
    return writer;
  }

  /** Takes a publication; never blocks. */
  void publish(Publication publication) {
    boolean inTask = loop.isItsTurn();
    if (monitor.publish(publication, !inTask) && inTask) {
      published = true; // written in onTaskEnd, since the task may publish more
    }
  }

  /**
   * Writes what the loop's current task has published, on the thread of that task. If more tasks
   * wait, leaves the write to the link's thread. On the loop only.
   */
  void onTaskEnd(boolean moreWaits) {
    if (!published) {
      return;
    }
    published = false;
    if (moreWaits) {
      monitor.wakeLinkIfNeeded();
    } else {
      writer.writeWithoutBlocking();
    }
  }

  /** Takes back a publication that is not written yet. */
  void withdraw(Publication publication) {
    monitor.withdraw(publication);
  }

  /** Stops ({@code true}) and resumes writing. */
  void hold(boolean held) {
    monitor.hold(held);
  }

  boolean isConnected() {
    return monitor.isConnected();
  }

  boolean isBlocked() {
    return monitor.isBlocked();
  }

  /** Returns the number of publications that wait to be written. */
  int waiting() {
    return monitor.waiting();
  }

  /** Returns the number of messages that RabbitMQ has not confirmed, without those given up. */
  int unconfirmed() {
    return monitor.unconfirmed();
  }

  /** Notes that this process was suspended until now: RabbitMQ's silence so far does not count. */
  void onSuspended(long nowNanos) {
    monitor.onSuspended(nowNanos);
  }

  /** Gives up overdue publications, and cuts a silent connection. Called every 200 ms. */
  void watch(long nowNanos) {
    if (monitor.checkTimeouts(nowNanos)) {
      link.cut("RabbitMQ has not answered on the publishing connection for " + confirmTimeout);
    }
  }

  /**
   * Waits until no publication waits or is unconfirmed and the loop has every outcome.
   *
   * @return false on timeout
   */
  boolean flush(Duration atMost) throws InterruptedException {
    return monitor.awaitDone(atMost);
  }

  /** Stops writing; waiting publications get their outcome. */
  void close() {
    monitor.close();
  }
}
