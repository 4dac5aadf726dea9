package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Plan.Binding;
import io.github.httplongcut.session.Plan.ConsumedQueue;
import io.github.httplongcut.session.SessionListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes a process's queues on one channel: its own queues as soon as the channel is open, shared
 * queues when the listener asks for them.
 *
 * <ul>
 *   <li>The link's thread declares and binds queues, starts and cancels consumers, and writes acks,
 *       rejections and fences.
 *   <li>The connection's reader thread, which never blocks, decodes messages and hands them to the
 *       loop in order. The loop decodes heartbeats ({@link HeartbeatReader}).
 * </ul>
 */
final class ConsumingChannel implements Link.ConnectionUser {

  /** An AMQP channel with its deliveries, from its opening to its loss. */
  private final class Epoch implements Delivery.Source {
    private final Channel channel;
    private final Fence fence;
    private final DeliveryTags tags = new DeliveryTags();
    private final HeartbeatReader heartbeats =
        new HeartbeatReader(loop, listener::onDelivery, this::isOpen, metrics, discardedMessages);
    // Guarded by the lock.
    private final Consumers consumers = new Consumers();
    private final List<Long> acks = new ArrayList<>();
    private final List<Long> rejects = new ArrayList<>();
    private long ackBy;
    private List<Delivery> settling = new ArrayList<>();
    private boolean probeDue;
    private long fencedAt = System.nanoTime();
    private volatile boolean open = true;
    private volatile long lastDeliveryAt = System.nanoTime();
    private boolean healthy; // the link's backoff was reset; used by the link's thread only
    private boolean lossAnnounced; // onConsumingLost was called; used on the loop only

    Epoch(Channel channel) {
      this.channel = channel;
      this.fence = new Fence(channel, System::nanoTime);
    }

    @Override
    public void ack(Delivery delivery) {
      ack(delivery.tag());
    }

    /** Delays the ack: acks of its neighbours often allow one {@code basic.ack} for all of them. */
    private void ack(long tag) {
      lock.lock();
      try {
        acks.add(tag);
        if (acks.size() == 1) {
          ackBy = System.nanoTime() + ACK_DELAY.toNanos();
          changed.signalAll();
        } else if (acks.size() == ACKS_PER_WRITE) {
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void discard(Delivery delivery, DiscardReason reason) {
      discardedMessages.discarded(delivery, reason);
      ack(delivery.tag());
    }

    @Override
    public void reject(Delivery delivery) {
      enqueue(() -> rejects.add(delivery.tag()));
    }

    @Override
    public void settle(Delivery delivery) {
      enqueue(
          () -> {
            acks.add(delivery.tag());
            settling.add(delivery);
          });
    }

    @Override
    public boolean isOpen() {
      return open;
    }

    /** Settles these deliveries, unless the listener knows already that they are lost. */
    private void onSettled(List<Delivery> deliveries) {
      for (Delivery each : deliveries) {
        if (!lossAnnounced) {
          each.onSettled();
        }
      }
    }

    private void enqueue(Runnable change) {
      lock.lock();
      try {
        change.run();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    private boolean isFenceDue() {
      return (!settling.isEmpty() || probeDue) && !fence.isOutstanding();
    }

    /** Returns the time until the link's thread has work; MAX_VALUE if nothing waits. */
    private long nanosToWork(long now) {
      boolean changeWanted = consumers.areChangesDue() || !whenStopped.isEmpty();
      boolean enoughAcks = acks.size() >= ACKS_PER_WRITE || (flushing && !acks.isEmpty());
      if (!rejects.isEmpty() || changeWanted || isFenceDue() || enoughAcks) {
        return 0;
      }
      long toAck = acks.isEmpty() ? Long.MAX_VALUE : Math.max(0, ackBy - now);
      return Math.min(toAck, heartbeats.nanosToTurn(now));
    }

    private boolean isIdle() {
      return nanosToWork(System.nanoTime()) == Long.MAX_VALUE;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(ConsumingChannel.class);
  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  /** Longest delay of an ack. An ack that settles a delivery is written at once. */
  private static final Duration ACK_DELAY = Duration.ofMillis(20);

  /**
   * Number of waiting acks that ends their delay: they are then written together. Far less than the
   * prefetch of a busy queue.
   */
  private static final int ACKS_PER_WRITE = 25;

  private final Link link;
  private final NodeAffinity nodeAffinity;
  private final Duration fenceTimeout;
  private final Executor loop;
  private final SessionMetrics metrics;
  private final DiscardedMessages discardedMessages;
  private SessionListener listener;
  private Consumer<Boolean> whenConsuming = consuming -> {};

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private Epoch current;

  /** The epoch between the listener's {@code onConsuming} and {@code onConsumingLost}. */
  private Epoch announced;

  private boolean consuming;
  private boolean reopening;
  private final Set<String> stopped = new HashSet<>();
  private final List<Runnable> whenStopped = new ArrayList<>();
  private boolean writing;
  private boolean flushing;
  private long excusedUntil = System.nanoTime();

  /** Rises with each epoch, so that RabbitMQ prefers this consumer to one of a dead connection. */
  private int priority;

  private boolean topologyChecked;

  /**
   * Creates a channel that consumes nothing yet.
   *
   * @param fenceTimeout longest time that RabbitMQ may take to answer a fence
   */
  ConsumingChannel(
      Link link,
      NodeAffinity nodeAffinity,
      Duration fenceTimeout,
      Executor loop,
      SessionMetrics metrics) {
    this.link = link;
    this.nodeAffinity = nodeAffinity;
    this.fenceTimeout = fenceTimeout;
    this.loop = loop;
    this.metrics = metrics;
    this.discardedMessages = new DiscardedMessages(metrics, System::nanoTime);
  }

  /** Sets the listener; must be called before the link starts. */
  void listener(SessionListener listener) {
    this.listener = listener;
  }

  /**
   * Sets a callback for starts and stops of consuming; must be called before the link starts. The
   * callback gets {@code false} as soon as the channel is lost, and {@code true} after the
   * listener's {@link SessionListener#onConsuming}. It must not block.
   */
  void whenConsuming(Consumer<Boolean> whenConsuming) {
    this.whenConsuming = whenConsuming;
  }

  boolean isConsuming() {
    lock.lock();
    try {
      return consuming;
    } finally {
      lock.unlock();
    }
  }

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
    Epoch epoch = new Epoch(channel);
    channel.addShutdownListener(cause -> wake());
    try {
      consume(epoch);
      topologyChecked = true;
      if (nodeAffinity.plan().sharedQueues().isEmpty()) {
        onHealthy(epoch);
      }
      metrics.connected();
      workWhileOpen(epoch);
    } catch (IOException e) {
      topologyChecked = false; // so the next attempt checks again, and names what is missing
      throw e;
    } finally {
      nodeAffinity.onDisconnected();
      onLost(epoch);
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

  private void notifyInboxReplaced() {
    ProcessId newId = nodeAffinity.id();
    metrics.inboxReplaced();
    loop.execute(() -> listener.onInboxReplaced(newId));
  }

  private void declare(Channel channel, ConsumedQueue queue) throws IOException {
    try {
      channel.queueDeclare(queue.name(), true, false, false, Map.of("x-queue-type", "classic"));
    } catch (IOException e) {
      if (Failures.isNotFound(e)) { // the queue exists, but its node is down
        nodeAffinity.onNodeDown();
        notifyInboxReplaced();
      }
      throw e;
    }
  }

  private void consume(Epoch epoch) throws IOException {
    priority++;
    Plan plan = nodeAffinity.plan();
    for (ConsumedQueue queue : plan.queues()) {
      if (queue.isOwn()) {
        declare(epoch.channel, queue);
        for (Binding binding : queue.bindings()) {
          epoch.channel.queueBind(
              queue.name(), binding.exchange(), binding.routingKey(), binding.arguments());
        }
      }
    }
    applyChanges(epoch, begin(epoch, plan));
    lock.lock();
    try {
      consuming = true;
    } finally {
      lock.unlock();
    }
    loop.execute(
        () -> {
          announce(epoch);
          listener.onConsuming();
          notifyConsuming(epoch);
        });
  }

  /** Makes the epoch the current one; returns the changes that consume the process's own queues. */
  private List<Consumers.Change> begin(Epoch epoch, Plan plan) {
    lock.lock();
    try {
      current = epoch;
      reopening = false;
      for (ConsumedQueue queue : plan.queues()) {
        if (queue.isOwn() && !stopped.contains(queue.name())) {
          epoch.consumers.want(queue.name(), queue.prefetch());
        }
      }
      return epoch.consumers.takeChanges();
    } finally {
      lock.unlock();
    }
  }

  private void applyChanges(Epoch epoch, List<Consumers.Change> changes) throws IOException {
    for (Consumers.Change change : changes) {
      if (change.started().isPresent()) {
        Consumers.ActiveConsumer started = change.started().get();
        epoch.channel.basicQos(started.prefetch());
        epoch.channel.basicConsume(
            change.queue(),
            false,
            started.tag(),
            false,
            false,
            arguments(change.queue()),
            new Reader(epoch, change.queue()));
      }
      for (String tag : change.cancelledTags()) {
        epoch.channel.basicCancel(tag);
      }
    }
  }

  /**
   * Returns the consumer's arguments: a priority for the process's own queues, so that the newest
   * connection gets their messages; none for shared queues, whose consumers are equals.
   */
  private Map<String, Object> arguments(String name) {
    boolean isOwn =
        nodeAffinity.plan().queues().stream()
            .anyMatch(queue -> queue.name().equals(name) && queue.isOwn());
    return isOwn ? Map.of("x-priority", priority) : Map.of();
  }

  /** Notes, on the loop, that the listener's calls of {@link #consume} apply to this epoch now. */
  private void announce(Epoch epoch) {
    lock.lock();
    try {
      announced = epoch;
    } finally {
      lock.unlock();
    }
  }

  /** Reports, on the loop, that this epoch consumes, unless its channel was lost meanwhile. */
  private void notifyConsuming(Epoch epoch) {
    lock.lock();
    try {
      if (current == epoch) {
        whenConsuming.accept(true);
      }
    } finally {
      lock.unlock();
    }
  }

  private void workWhileOpen(Epoch epoch) throws IOException, InterruptedException {
    while (true) {
      List<Long> acks;
      List<Long> rejects;
      List<Consumers.Change> changes;
      List<Runnable> stopCallbacks;
      List<Delivery> settled = null;
      lock.lockInterruptibly();
      try {
        writing = false;
        changed.signalAll();
        long nanos = epoch.nanosToWork(System.nanoTime());
        while (nanos > 0 && epoch.channel.isOpen() && !reopening) {
          long unused = changed.awaitNanos(nanos);
          nanos = epoch.nanosToWork(System.nanoTime());
        }
        if (reopening || !epoch.channel.isOpen()) {
          return;
        }
        writing = true;
        acks = List.copyOf(epoch.acks);
        epoch.acks.clear();
        rejects = List.copyOf(epoch.rejects);
        epoch.rejects.clear();
        changes = epoch.consumers.takeChanges();
        stopCallbacks = List.copyOf(whenStopped);
        whenStopped.clear();
        if (epoch.isFenceDue()) {
          settled = epoch.settling;
          epoch.settling = new ArrayList<>();
          epoch.probeDue = false;
          epoch.fencedAt = System.nanoTime();
        }
      } finally {
        lock.unlock();
      }
      try {
        applyChanges(epoch, changes); // before the acks, which make room for more messages
      } finally {
        stopCallbacks.forEach(loop::execute); // also on failure: a lost channel delivers nothing
      }
      if (!changes.isEmpty()) {
        onHealthy(epoch);
      }
      write(epoch, acks, rejects);
      epoch.heartbeats.scheduleTurnIfDue();
      if (settled != null) {
        fence(epoch, settled);
      }
    }
  }

  private static void write(Epoch epoch, List<Long> acks, List<Long> rejects) throws IOException {
    for (long tag : rejects) {
      epoch.channel.basicReject(tag, false);
    }
    epoch.tags.markRejected(rejects);
    for (DeliveryTags.Ack ack : epoch.tags.ack(acks)) {
      epoch.channel.basicAck(ack.tag(), ack.multiple());
    }
  }

  private void fence(Epoch epoch, List<Delivery> settled) throws IOException {
    epoch.fence.send(
        () -> {
          if (!settled.isEmpty()) {
            loop.execute(() -> epoch.onSettled(settled));
          }
          wake();
        });
  }

  private void onLost(Epoch epoch) {
    epoch.open = false;
    boolean wasCurrent;
    List<Runnable> stoppedNow;
    lock.lock();
    try {
      wasCurrent = current == epoch;
      current = null;
      consuming = false;
      whenConsuming.accept(false);
      writing = false;
      stoppedNow = takeWhenStopped();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    stoppedNow.forEach(loop::execute);
    if (wasCurrent) {
      loop.execute(
          () -> {
            epoch.lossAnnounced = true;
            announce(null);
            listener.onConsumingLost();
          });
    }
  }

  /** Closes the channel, which requeues all unsettled deliveries, and consumes on a new one. */
  void reopen(String why) {
    log.warn("event=consuming_reopened why={}", LogText.quoted(why));
    lock.lock();
    try {
      if (current != null) {
        current.open = false;
        reopening = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Consumes a shared queue with this prefetch, on the channel that the listener knows of and on no
   * later one. With prefetch 0 stops until the next call. On the loop only.
   */
  void consume(String queue, int prefetch) {
    lock.lock();
    try {
      if (announced != null && !stopped.contains(queue)) {
        announced.consumers.want(queue, prefetch);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Cancels these queues' consumers for good; then calls {@code then} on the loop. */
  void stop(Set<String> queues, Runnable then) {
    List<Runnable> stoppedNow = List.of();
    lock.lock();
    try {
      stopped.addAll(queues);
      whenStopped.add(then);
      if (current != null) {
        queues.forEach(queue -> current.consumers.want(queue, 0));
      } else {
        stoppedNow = takeWhenStopped(); // not consumed now, nor on later channels
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    stoppedNow.forEach(loop::execute);
  }

  private List<Runnable> takeWhenStopped() {
    List<Runnable> taken = List.copyOf(whenStopped);
    whenStopped.clear();
    return taken;
  }

  /** Waits until every ack and rejection is written or lost with its channel; false on timeout. */
  boolean flush(long atMostNanos) throws InterruptedException {
    long left = atMostNanos;
    lock.lockInterruptibly();
    try {
      flushing = true;
      changed.signalAll();
      while (writing || (current != null && !current.isIdle())) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Notes that this process was suspended until now: RabbitMQ's silence so far does not count. */
  void onSuspended(long nowNanos) {
    lock.lock();
    try {
      excusedUntil = nowNanos;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Requests a fence if the last one was sent at least a second ago, and cuts the link if RabbitMQ
   * does not answer in time. Called every 200 ms.
   */
  void watch(long nowNanos) {
    boolean silent;
    lock.lock();
    try {
      if (current == null) {
        return;
      }
      long unansweredNanos =
          Math.min(current.fence.outstandingNanos(nowNanos), nowNanos - excusedUntil);
      // RabbitMQ's answer follows the deliveries sent before it, which take time on a slow line.
      unansweredNanos = Math.min(unansweredNanos, nowNanos - current.lastDeliveryAt);
      silent = unansweredNanos >= fenceTimeout.toNanos();
      if (!current.fence.isOutstanding() && nowNanos - current.fencedAt >= PROBE_NANOS) {
        current.probeDue = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (silent) {
      link.cut("RabbitMQ has not answered on the consuming channel for " + fenceTimeout);
    }
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
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

    @Override
    public void handleDelivery(
        String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
      metrics.delivered();
      epoch.lastDeliveryAt = System.nanoTime();
      long tag = envelope.getDeliveryTag();
      MessageReader.DecodedMessage message;
      try {
        if (Heartbeat.isHeartbeatExchange(envelope.getExchange())) {
          epoch.heartbeats.add(Heartbeat.of(queue, envelope.getRoutingKey(), properties, body));
          // Also wakes the link's thread. If no turn for heartbeats is due yet, the link's thread
          // schedules one on the loop later. In this turn the loop decodes the heartbeat.
          epoch.ack(tag);
          return;
        }
        message =
            MessageReader.read(
                queue, envelope.getExchange(), envelope.getRoutingKey(), properties, body);
      } catch (MalformedEventException | RuntimeException | Error e) {
        // Also after a bug or an OutOfMemoryError: a redelivery would fail in the same way.
        discardedMessages.unreadable(envelope.getRoutingKey(), properties, body.length, e);
        epoch.ack(tag);
        return;
      }
      deliver(new Delivery(epoch, tag, message.envelope(), message.type(), message.events()));
    }

    /**
     * Hands a delivery to the loop and throws nothing. After an exception the AMQP client would
     * close the channel on this thread, and wait for a reply that only this thread can read.
     */
    private void deliver(Delivery delivery) {
      try {
        loop.execute(
            () -> {
              if (!delivery.isLost()) {
                listener.onDelivery(delivery);
              }
            });
      } catch (RuntimeException | Error e) {
        log.error("event=bug queue={}", queue, e);
        if (epoch.isOpen()) {
          reopen("a bug: a message of " + queue + " was not passed to the loop");
        }
      }
    }

    /** Reopens the channel: the queue was deleted, or its node went down. */
    @Override
    public void handleCancel(String consumerTag) {
      if (epoch.isOpen()) {
        reopen("RabbitMQ cancelled the consumer of " + queue);
      }
    }
  }
}
