package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.amqp.ConsumerState.Loss;
import io.github.httplongcut.amqp.ConsumerState.SentFence;
import io.github.httplongcut.amqp.ConsumerState.Work;
import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.session.SessionListener;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes a process's queues on one channel: its own queues as soon as the channel is open, shared
 * queues when the listener asks for them. Passes events to {@link ConsumerState}, which decides
 * behind the lock of {@link ConsumerMonitor}, and carries its decisions out.
 *
 * <ul>
 *   <li>The link's thread declares and binds queues, starts and cancels consumers, and writes acks,
 *       rejections and fences ({@link ConsumerWriter}).
 *   <li>The connection's reader thread, which never blocks, decodes messages and hands them to the
 *       loop in order ({@link Reader}). The loop decodes heartbeats ({@link HeartbeatReader}).
 *   <li>The listener is called on the loop, with no lock held.
 * </ul>
 */
final class ConsumingChannel implements Link.ConnectionUser {

  private static final Logger log = LoggerFactory.getLogger(ConsumingChannel.class);

  private final Link link;
  private final ContentReading reading;
  private final NodeAffinity nodeAffinity;
  private final Duration fenceTimeout;
  private final Executor loop;
  private final ConsumingMetrics metrics;
  private final DiscardedMessages discardedMessages;
  private final ConsumerMonitor monitor;
  private SessionListener listener;

  // Used by the link's thread only.
  private int epochs;
  private boolean topologyChecked;

  /**
   * Creates a channel that consumes nothing yet.
   *
   * @param reading times at which the connection's reader thread reads messages
   * @param fenceTimeout longest time that RabbitMQ may take to reply to a fence
   */
  ConsumingChannel(
      Link link,
      ContentReading reading,
      NodeAffinity nodeAffinity,
      Duration fenceTimeout,
      Executor loop,
      ConsumingMetrics metrics) {
    this.link = link;
    this.reading = reading;
    this.nodeAffinity = nodeAffinity;
    this.fenceTimeout = fenceTimeout;
    this.loop = loop;
    this.metrics = metrics;
    this.discardedMessages = new DiscardedMessages(metrics, System::nanoTime);
    this.monitor = new ConsumerMonitor(fenceTimeout);
  }

  /** Sets the listener; must be called before the link starts. */
  void listener(SessionListener listener) {
    this.listener = listener;
  }

  /**
   * Sets a callback for starts and stops of consuming; must be called before the link starts. The
   * callback gets {@code false} as soon as the channel is lost, and {@code true} after the
   * listener's {@link SessionListener#onConsuming}. It is called with a lock held: it must not
   * block, and must run no task of the loop.
   */
  void whenConsuming(Consumer<Boolean> whenConsuming) {
    monitor.whenConsuming(whenConsuming);
  }

  boolean isConsuming() {
    return monitor.isConsuming();
  }

  // The link's thread.

  @Override
  public void use(Connection connection)
      throws IOException, TimeoutException, InterruptedException {
    if (!topologyChecked) {
      TopologyCheck.check(connection, nodeAffinity.plan());
    }
    if (nodeAffinity.onConnected(connection)) {
      notifyInboxReplaced();
    }
    Channel channel = connection.createChannel();
    channel.addShutdownListener(cause -> monitor.wake());
    epochs++;
    Plan plan = nodeAffinity.plan();
    Epoch epoch = new Epoch(epochs, channel, plan);
    try {
      declare(epoch, plan);
      consume(epoch, plan);
    } catch (IOException e) {
      topologyChecked = false; // so the next attempt checks again, and names what is missing
      throw e;
    } finally {
      nodeAffinity.onDisconnected();
    }
  }

  private void notifyInboxReplaced() {
    ProcessId newId = nodeAffinity.id();
    metrics.inboxReplaced();
    loop.execute(() -> listener.onInboxReplaced(newId));
  }

  private void declare(Epoch epoch, Plan plan) throws IOException {
    for (ConsumedQueue queue : plan.ownQueues()) {
      try {
        epoch.writer.declare(queue);
      } catch (IOException e) {
        if (Failures.isNotFound(e)) { // the queue exists, but its node is down
          nodeAffinity.onNodeDown();
          notifyInboxReplaced();
        }
        throw e;
      }
      epoch.writer.bind(queue);
    }
  }

  /** Consumes until the channel is lost or must be reopened. */
  private void consume(Epoch epoch, Plan plan) throws IOException, InterruptedException {
    try {
      epoch.apply(monitor.open(epoch, plan.ownQueues()));
      monitor.onConsumed();
      loop.execute(() -> notifyConsuming(epoch));
      topologyChecked = true;
      if (plan.sharedQueues().isEmpty()) {
        onHealthy(epoch);
      }
      link.onOpened();
      Optional<Work> work = monitor.awaitWork();
      while (work.isPresent()) {
        perform(work.get(), epoch);
        work = monitor.awaitWork();
      }
    } finally {
      Loss loss = monitor.onLost();
      loss.stopped().forEach(loop::execute);
      if (loss.mustBeTold()) {
        loop.execute(() -> notifyLost(epoch));
      }
    }
  }

  private void perform(Work work, Epoch epoch) throws IOException {
    try {
      epoch.apply(work.changes()); // before the acks, which make room for more messages
    } finally {
      work.stopped().forEach(loop::execute); // also on failure: a lost channel delivers nothing
    }
    if (!work.changes().isEmpty()) {
      onHealthy(epoch);
    }
    epoch.writer.write(work.writes());
    epoch.heartbeats.scheduleTurnIfDue();
    Optional<SentFence> fence = monitor.takeFence();
    if (fence.isPresent()) {
      epoch.writer.fence(() -> onFenceAnswered(fence.get()));
    }
  }

  /**
   * Resets the link's backoff. A process with shared queues does so only once it consumes one of
   * them. Otherwise a shared queue that cannot be consumed would be retried without a backoff.
   */
  private void onHealthy(Epoch epoch) {
    if (!epoch.healthy) {
      epoch.healthy = true;
      link.onHealthy();
    }
  }

  // Tasks of the loop.

  private void notifyConsuming(Epoch epoch) {
    monitor.onConsumingTold(epoch.number);
    listener.onConsuming();
    monitor.reportConsuming(epoch.number);
  }

  private void notifyLost(Epoch epoch) {
    monitor.onLossTold(epoch.number);
    listener.onConsumingLost();
  }

  // The reader thread.

  private void onFenceAnswered(SentFence fence) {
    boolean wanted = monitor.onFenceAnswered(fence);
    if (!fence.deliveries().isEmpty()) {
      loop.execute(() -> monitor.settledBy(fence).forEach(Delivery::onSettled));
    }
    if (wanted) {
      // After the loop's task, which takes a while: the next fence then settles more deliveries.
      monitor.wake();
    }
  }

  // Any thread.

  /** Closes the channel, which requeues all unsettled deliveries, and consumes on a new one. */
  void reopen(String why) {
    log.warn("event=consuming_reopened why={}", LogText.quoted(why));
    monitor.reopen();
  }

  /**
   * Consumes a shared queue with this prefetch, on the channel that the listener knows of and on no
   * later one. With prefetch 0 stops until the next call. On the loop only.
   */
  void consume(String queue, int prefetch) {
    monitor.consume(queue, prefetch);
  }

  /** Cancels these queues' consumers for good; then calls {@code then} on the loop. */
  void stop(Set<String> queues, Runnable then) {
    monitor.stop(queues, then).forEach(loop::execute);
  }

  /** Waits until every ack and rejection is written or lost with its channel; false on timeout. */
  boolean flush(long atMostNanos) throws InterruptedException {
    return monitor.flush(atMostNanos);
  }

  /** Notes that this process was suspended until now: RabbitMQ's silence so far does not count. */
  void onSuspended(long nowNanos) {
    monitor.onSuspended(nowNanos);
  }

  /**
   * Requests a fence if the last one was sent at least a second ago, and cuts the link if RabbitMQ
   * does not reply in time. Called every 200 ms.
   */
  void watch(long nowNanos) {
    if (monitor.watch(nowNanos, reading.idleNanos(nowNanos))) {
      link.cut("RabbitMQ has not answered on the consuming channel for " + fenceTimeout);
    }
  }

  /** An AMQP channel with its deliveries, from its opening to its loss. */
  private final class Epoch implements Delivery.Source, ConsumerMonitor.OpenChannel {
    private final int number;
    private final Channel channel;
    private final ConsumerWriter writer;
    private final HeartbeatReader heartbeats =
        new HeartbeatReader(loop, listener::onDelivery, this::isOpen, metrics, discardedMessages);
    private boolean healthy; // the link's backoff was reset; used by the link's thread only

    Epoch(int number, Channel channel, Plan plan) {
      this.number = number;
      this.channel = channel;
      this.writer = new ConsumerWriter(channel, plan, number);
    }

    private void apply(List<Consumers.Change> changes) throws IOException {
      writer.apply(changes, queue -> new Reader(this, queue));
    }

    @Override
    public int epoch() {
      return number;
    }

    @Override
    public boolean isWritable() {
      return channel.isOpen();
    }

    @Override
    public long nanosToHeartbeats(long now) {
      return heartbeats.nanosToTurn(now);
    }

    @Override
    public boolean isOpen() {
      return monitor.isOpen(number);
    }

    @Override
    public void ack(Delivery delivery) {
      monitor.ack(number, delivery.tag());
    }

    @Override
    public void discard(Delivery delivery, DiscardReason reason) {
      discardedMessages.discarded(delivery, reason);
      monitor.ack(number, delivery.tag());
    }

    @Override
    public void reject(Delivery delivery) {
      monitor.reject(number, delivery.tag());
    }

    @Override
    public void settle(Delivery delivery) {
      monitor.settle(number, delivery);
    }
  }

  /**
   * Receives one queue's messages on the connection's reader thread and decodes them, except
   * heartbeats ({@link HeartbeatReader}).
   */
  private final class Reader extends DefaultConsumer {
    private final Epoch epoch;
    private final String queue;

    Reader(Epoch epoch, String queue) {
      super(epoch.channel);
      this.epoch = epoch;
      this.queue = queue;
    }

    /**
     * Hands a message to the loop and throws nothing. After an exception the AMQP client would
     * close the channel on this thread, and wait for a reply that only this thread can read.
     */
    @Override
    public void handleDelivery(
        String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
      try {
        metrics.delivered(body.length);
        if (monitor.onArrival(epoch.number)) {
          read(envelope, properties, body);
        }
      } catch (RuntimeException | Error e) {
        reopenIfOpen("a bug: a message of " + queue + " was not passed to the loop");
        log.error("event=bug queue={}", queue, e);
      }
    }

    private void read(Envelope envelope, BasicProperties properties, byte[] body) {
      long tag = envelope.getDeliveryTag();
      MessageReader.DecodedMessage message;
      try {
        if (Heartbeat.isHeartbeatExchange(envelope.getExchange())) {
          epoch.heartbeats.add(Heartbeat.of(queue, envelope.getRoutingKey(), properties, body));
          // Also wakes the link's thread. If no turn for heartbeats is due yet, the link's thread
          // schedules one on the loop later. In this turn the loop decodes the heartbeat.
          monitor.ack(epoch.number, tag);
          return;
        }
        message =
            MessageReader.read(
                queue, envelope.getExchange(), envelope.getRoutingKey(), properties, body);
      } catch (MalformedEventException | RuntimeException | Error e) {
        // Also after a bug or an OutOfMemoryError: a redelivery would fail in the same way.
        discardedMessages.unreadable(envelope.getRoutingKey(), properties, body.length, e);
        monitor.ack(epoch.number, tag);
        return;
      }
      metrics.decoded(message, envelope.isRedeliver());
      Delivery delivery =
          new Delivery(epoch, tag, message.envelope(), message.type(), message.events());
      loop.execute(
          () -> {
            if (!delivery.isLost()) {
              listener.onDelivery(delivery);
            }
          });
    }

    /** Reopens the channel: the queue was deleted, or its node went down. */
    @Override
    public void handleCancel(String consumerTag) {
      reopenIfOpen("RabbitMQ cancelled the consumer of " + queue);
    }

    private void reopenIfOpen(String why) {
      if (monitor.reopen(epoch.number)) {
        log.warn("event=consuming_reopened why={}", LogText.quoted(why));
      }
    }
  }
}
