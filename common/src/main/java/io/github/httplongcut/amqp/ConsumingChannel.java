package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.amqp.Topology.Binding;
import io.github.httplongcut.amqp.Topology.ConsumedQueue;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.ProcessId;
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
 * Consumes all that a process listens to, on one channel: its own queues as soon as the channel is
 * open, shared ones as the listener asks for them. The link's thread declares, binds, consumes,
 * cancels, and writes acks, rejections and fences; messages are decoded on the connection's reader
 * thread, which never blocks, and handed to the loop in order.
 */
final class ConsumingChannel implements Link.Use {

  /** One opened channel: what came by it is lost with it. */
  private final class Epoch implements Delivery.Source {
    private final Channel channel;
    private final Fence fence;
    private final DeliveryTags tags = new DeliveryTags();
    private final RateLimit warnings = new RateLimit(Duration.ofSeconds(1)); // the reader thread's
    private final HeartbeatReader heartbeats =
        new HeartbeatReader(loop, listener::onDelivery, this::isOpen, metrics);
    // Guarded by the lock.
    private final Consumers consumers = new Consumers();
    private final List<Long> acks = new ArrayList<>();
    private final List<Long> rejects = new ArrayList<>();
    private long ackBy;
    private List<Delivery> settling = new ArrayList<>();
    private boolean probeDue;
    private long fencedAt = System.nanoTime();
    private volatile boolean open = true;
    private volatile long heardAt = System.nanoTime();
    private boolean healthy; // every queue wanted so far is consumed; of the link's thread only
    private boolean forgotten; // the listener was told that it is lost; of the loop only

    Epoch(Channel channel) {
      this.channel = channel;
      this.fence = new Fence(channel, System::nanoTime);
    }

    @Override
    public void ack(Delivery delivery) {
      ack(delivery.tag());
    }

    /** Not at once: the next ones are likely to close the gap to it, and go with it for nothing. */
    private void ack(long tag) {
      lock.lock();
      try {
        acks.add(tag);
        if (acks.size() == 1) {
          ackBy = System.nanoTime() + ACK_DELAY.toNanos();
          changed.signalAll();
        } else if (acks.size() == MANY_ACKS) {
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
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

    /** The fence may come back just as the channel is given up: too late for what is forgotten. */
    private void settled(List<Delivery> deliveries) {
      for (Delivery each : deliveries) {
        if (!forgotten) {
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

    /** For how long there is nothing to write, unless something comes; MAX_VALUE: nothing waits. */
    private long nanosToWork(long now) {
      boolean changeWanted = consumers.areChangesDue() || !whenStopped.isEmpty();
      boolean manyAcks = acks.size() >= MANY_ACKS || (flushing && !acks.isEmpty());
      if (!rejects.isEmpty() || changeWanted || isFenceDue() || manyAcks) {
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

  /** Far less than anybody waits for an ack; what is settled never waits. */
  private static final Duration ACK_DELAY = Duration.ofMillis(20);

  /** A part of any prefetch that is large enough to matter. */
  private static final int MANY_ACKS = 25;

  private final Link link;
  private final NodeAffinity home;
  private final Duration fenceTimeout;
  private final Executor loop;
  private final SessionMetrics metrics;
  private SessionListener listener;
  private Consumer<Boolean> whenConsuming = consuming -> {};

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private Epoch current;

  /** The epoch that the listener knows of: it has heard that it began, and not that it is lost. */
  private Epoch told;

  private boolean consuming;
  private boolean reopening;
  private final Set<String> stopped = new HashSet<>();
  private final List<Runnable> whenStopped = new ArrayList<>();
  private boolean writing;
  private boolean flushing;
  private long excusedUntil = System.nanoTime();

  /** Rises with each epoch, so that a half-dead old connection gets nothing more. */
  private int priority;

  private boolean topologyChecked;

  /**
   * An inbox that consumes nothing yet.
   *
   * @param fenceTimeout for how long RabbitMQ may owe a fence's answer
   */
  ConsumingChannel(
      Link link, NodeAffinity home, Duration fenceTimeout, Executor loop, SessionMetrics metrics) {
    this.link = link;
    this.home = home;
    this.fenceTimeout = fenceTimeout;
    this.loop = loop;
    this.metrics = metrics;
  }

  /** Who hears of it; before the link starts. */
  void listener(SessionListener listener) {
    this.listener = listener;
  }

  /**
   * Who hears at once that it does not consume any more, and that it does once the listener knows.
   * Set before the link starts; must not block.
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
      TopologyCheck.check(connection, home.plan());
    }
    if (home.arrive(connection)) {
      tellReplaced();
    }
    Channel channel = connection.createChannel();
    Epoch epoch = new Epoch(channel);
    channel.addShutdownListener(cause -> wake());
    try {
      consume(epoch);
      topologyChecked = true;
      if (home.plan().sharedQueues().isEmpty()) {
        healthy(epoch);
      }
      metrics.connected();
      workWhileOpen(epoch);
    } catch (IOException e) {
      topologyChecked = false; // something may have been deleted: say what
      throw e;
    } finally {
      home.leave();
      lost(epoch);
    }
  }

  /** A shared queue that cannot be consumed must not be tried again at full speed. */
  private void healthy(Epoch epoch) {
    if (!epoch.healthy) {
      epoch.healthy = true;
      link.healthy();
    }
  }

  private void tellReplaced() {
    ProcessId newId = home.id();
    metrics.inboxReplaced();
    loop.execute(() -> listener.onInboxReplaced(newId));
  }

  private void declare(Channel channel, ConsumedQueue queue) throws IOException {
    try {
      channel.queueDeclare(queue.name(), true, false, false, Map.of("x-queue-type", "classic"));
    } catch (IOException e) {
      if (Failures.isNotFound(e)) { // it is there, on a node that is down
        home.abandon();
        tellReplaced();
      }
      throw e;
    }
  }

  private void consume(Epoch epoch) throws IOException {
    priority++;
    Topology.Plan plan = home.plan();
    for (ConsumedQueue queue : plan.queues()) {
      if (queue.isOwn()) {
        declare(epoch.channel, queue);
        for (Binding binding : queue.bindings()) {
          epoch.channel.queueBind(
              queue.name(), binding.exchange(), binding.routingKey(), binding.arguments());
        }
      }
    }
    change(epoch, begin(epoch, plan));
    lock.lock();
    try {
      consuming = true;
    } finally {
      lock.unlock();
    }
    loop.execute(
        () -> {
          tell(epoch);
          listener.onConsuming();
          tellConsuming(epoch);
        });
  }

  /** Makes the epoch the current one; returns how the process's own queues are to be consumed. */
  private List<Consumers.Change> begin(Epoch epoch, Topology.Plan plan) {
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

  private void change(Epoch epoch, List<Consumers.Change> changes) throws IOException {
    for (Consumers.Change change : changes) {
      if (change.begins().isPresent()) {
        Consumers.Active begins = change.begins().get();
        epoch.channel.basicQos(begins.prefetch());
        epoch.channel.basicConsume(
            change.queue(),
            false,
            begins.tag(),
            false,
            false,
            arguments(change.queue()),
            new Reader(epoch, change.queue()));
      }
      for (String tag : change.ends()) {
        epoch.channel.basicCancel(tag);
      }
    }
  }

  /** Brokers share a queue as equals; a process's own queue goes to its newest connection. */
  private Map<String, Object> arguments(String name) {
    boolean isOwn =
        home.plan().queues().stream().anyMatch(queue -> queue.name().equals(name) && queue.isOwn());
    return isOwn ? Map.of("x-priority", priority) : Map.of();
  }

  /** On the loop: from now on what the listener asks for is meant for this epoch. */
  private void tell(Epoch epoch) {
    lock.lock();
    try {
      told = epoch;
    } finally {
      lock.unlock();
    }
  }

  /** On the loop, when the listener has said what it has to: by then the epoch may be over. */
  private void tellConsuming(Epoch epoch) {
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
      List<Runnable> thens;
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
        thens = List.copyOf(whenStopped);
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
        change(epoch, changes); // first: in the place of what is acked, nothing more is to come
      } finally {
        thens.forEach(loop::execute); // a channel that is lost delivers nothing more either
      }
      if (!changes.isEmpty()) {
        healthy(epoch);
      }
      write(epoch, acks, rejects);
      epoch.heartbeats.takeTurn();
      if (settled != null) {
        fence(epoch, settled);
      }
    }
  }

  private static void write(Epoch epoch, List<Long> acks, List<Long> rejects) throws IOException {
    for (long tag : rejects) {
      epoch.channel.basicReject(tag, false);
    }
    epoch.tags.rejected(rejects);
    for (DeliveryTags.Ack ack : epoch.tags.acked(acks)) {
      epoch.channel.basicAck(ack.tag(), ack.multiple());
    }
  }

  private void fence(Epoch epoch, List<Delivery> settled) throws IOException {
    epoch.fence.send(
        () -> {
          if (!settled.isEmpty()) {
            loop.execute(() -> epoch.settled(settled));
          }
          wake();
        });
  }

  private void lost(Epoch epoch) {
    epoch.open = false;
    boolean begun;
    List<Runnable> stoppedNow;
    lock.lock();
    try {
      begun = current == epoch;
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
    if (begun) {
      loop.execute(
          () -> {
            epoch.forgotten = true;
            tell(null);
            listener.onConsumingLost();
          });
    }
  }

  /** Gives back what is not settled and consumes anew. */
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
   * Consumes a shared queue with that prefetch from now on, on the channel that the listener knows
   * of and on no later one; 0: no more, until the next call. For the loop.
   */
  void consume(String queue, int prefetch) {
    lock.lock();
    try {
      if (told != null && !stopped.contains(queue)) {
        told.consumers.want(queue, prefetch);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Consumes these queues no more; {@code then} on the loop, once that is so. */
  void stop(Set<String> queues, Runnable then) {
    List<Runnable> stoppedNow = List.of();
    lock.lock();
    try {
      stopped.addAll(queues);
      whenStopped.add(then);
      if (current != null) {
        queues.forEach(queue -> current.consumers.want(queue, 0));
      } else {
        stoppedNow = takeWhenStopped(); // it consumes nothing now, and will not begin again
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

  /** Waits until every ack and rejection so far is written, or lost with its channel. */
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

  /** This process stood still until now: that RabbitMQ was not heard is not its fault. */
  void stoodStill(long nowNanos) {
    lock.lock();
    try {
      excusedUntil = nowNanos;
    } finally {
      lock.unlock();
    }
  }

  /** Called every 200 ms: asks a silent RabbitMQ for a word, and cuts the link if none comes. */
  void watch(long nowNanos) {
    boolean silent;
    lock.lock();
    try {
      if (current == null) {
        return;
      }
      long owedFor = Math.min(current.fence.outstandingNanos(nowNanos), nowNanos - excusedUntil);
      // The answer comes behind what RabbitMQ delivers: on a slow line that takes its time.
      owedFor = Math.min(owedFor, nowNanos - current.heardAt);
      silent = owedFor >= fenceTimeout.toNanos();
      if (!current.fence.isOutstanding() && nowNanos - current.fencedAt >= PROBE_NANOS) {
        current.probeDue = true;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (silent) {
      link.cut("RabbitMQ owes the answer to a fence for " + fenceTimeout);
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

  /** Decodes one queue's messages, on the connection's reader thread. */
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
      epoch.heardAt = System.nanoTime();
      long tag = envelope.getDeliveryTag();
      MessageReader.Read read;
      try {
        if (Heartbeat.cameBy(envelope.getExchange())) {
          epoch.heartbeats.add(Heartbeat.of(queue, envelope.getRoutingKey(), properties, body));
          epoch.ack(tag); // wakes the link's thread: the turn that reads it may be yet to come
          return;
        }
        read =
            MessageReader.read(
                queue, envelope.getExchange(), envelope.getRoutingKey(), properties, body);
      } catch (MalformedEventException | RuntimeException | Error e) {
        // A bug or a lack of memory, too: redelivered, the same message would cause it again.
        discard(tag, properties, body.length, e);
        return;
      }
      handOver(new Delivery(epoch, tag, read.envelope(), read.type(), read.events()));
    }

    /**
     * Nothing may be thrown on: the client would close the channel on this thread, and wait here
     * for an answer that only this thread reads.
     */
    private void handOver(Delivery delivery) {
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
          reopen("a message of " + queue + " could not be handed over");
        }
      }
    }

    private void discard(long tag, BasicProperties properties, int bytes, Throwable why) {
      metrics.unreadable();
      epoch.ack(tag);
      if (epoch.warnings.allows(System.nanoTime())) {
        log.warn(
            "event=unreadable_message queue={} user={} type={} bytes={} suppressed={} why={}",
            queue,
            LogText.quoted(properties.getUserId()),
            LogText.quoted(properties.getType()),
            bytes,
            epoch.warnings.takeSuppressed(),
            LogText.quoted(why.getMessage()),
            why instanceof MalformedEventException ? null : why);
      }
    }

    /** RabbitMQ cancelled the consumer: its queue was deleted, or its node went down. */
    @Override
    public void handleCancel(String consumerTag) {
      if (epoch.isOpen()) {
        reopen("RabbitMQ cancelled the consumer of " + queue);
      }
    }
  }
}
