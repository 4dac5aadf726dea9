package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.github.httplongcut.amqp.Topology.Binding;
import io.github.httplongcut.amqp.Topology.ConsumedQueue;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes all that a process listens to, on one channel. The link's thread declares, binds,
 * consumes, and then writes acks, rejections and fences; messages are read on the client's dispatch
 * thread and handed to the loop in order.
 */
final class Inbox implements Link.Use {

  /** One opened channel: what came by it is lost with it. */
  private final class Epoch implements Delivery.Source {
    private final Channel channel;
    private final Fence fence;
    private final DeliveryTags tags = new DeliveryTags();
    // Guarded by the lock.
    private final List<Long> acks = new ArrayList<>();
    private final List<Long> rejects = new ArrayList<>();
    private List<Delivery> settling = new ArrayList<>();
    private boolean probeDue;
    private long fencedAt = System.nanoTime();
    private volatile boolean open = true;
    private volatile long heardAt = System.nanoTime();
    private boolean forgotten; // the listener was told that it is lost; of the loop's thread only

    Epoch(Channel channel) {
      this.channel = channel;
      this.fence = new Fence(channel, System::nanoTime);
    }

    @Override
    public void ack(Delivery delivery) {
      enqueue(() -> acks.add(delivery.tag()));
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
    private void settled(Delivery delivery) {
      if (!forgotten) {
        delivery.onSettled();
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

    private boolean hasWork() {
      boolean fenceWanted = (!settling.isEmpty() || probeDue) && !fence.isOutstanding();
      return !acks.isEmpty() || !rejects.isEmpty() || !cancelNow.isEmpty() || fenceWanted;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(Inbox.class);
  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  private final Link link;
  private final Home home;
  private final Duration fenceTimeout;
  private final Executor loop;
  private final SessionMetrics metrics;
  private SessionListener listener;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock.
  private Epoch current;
  private boolean consuming;
  private boolean reopening;
  private final Set<String> stopped = new HashSet<>();
  private final Set<String> cancelNow = new HashSet<>();
  private boolean writing;
  private long excusedUntil = System.nanoTime();

  /** Rises with each epoch, so that a half-dead old connection gets nothing more. */
  private int priority;

  private boolean topologyChecked;

  /**
   * An inbox that consumes nothing yet.
   *
   * @param fenceTimeout for how long RabbitMQ may owe a fence's answer
   */
  Inbox(Link link, Home home, Duration fenceTimeout, Executor loop, SessionMetrics metrics) {
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
      link.healthy();
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
    begin(epoch);
    for (ConsumedQueue queue : plan.queues()) {
      if (!isStopped(queue.name())) {
        epoch.channel.basicQos(queue.prefetch());
        // Brokers share a queue as equals; a process's own queue goes to its newest connection.
        Map<String, Object> arguments =
            queue.isOwn() ? Map.<String, Object>of("x-priority", priority) : Map.of();
        epoch.channel.basicConsume(
            queue.name(),
            false,
            queue.name(),
            false,
            false,
            arguments,
            new Reader(epoch, queue.name()));
      }
    }
    lock.lock();
    try {
      consuming = true;
    } finally {
      lock.unlock();
    }
    loop.execute(listener::onConsuming);
  }

  private void begin(Epoch epoch) {
    lock.lock();
    try {
      current = epoch;
      reopening = false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isStopped(String queue) {
    lock.lock();
    try {
      cancelNow.remove(queue);
      return stopped.contains(queue);
    } finally {
      lock.unlock();
    }
  }

  private void workWhileOpen(Epoch epoch) throws IOException, InterruptedException {
    while (true) {
      List<Long> acks;
      List<Long> rejects;
      List<String> cancels;
      List<Delivery> settled = null;
      lock.lockInterruptibly();
      try {
        writing = false;
        changed.signalAll();
        while (!epoch.hasWork() && epoch.channel.isOpen() && !reopening) {
          changed.await();
        }
        if (reopening || !epoch.channel.isOpen()) {
          return;
        }
        writing = true;
        acks = List.copyOf(epoch.acks);
        epoch.acks.clear();
        rejects = List.copyOf(epoch.rejects);
        epoch.rejects.clear();
        cancels = List.copyOf(cancelNow);
        cancelNow.clear();
        if ((!epoch.settling.isEmpty() || epoch.probeDue) && !epoch.fence.isOutstanding()) {
          settled = epoch.settling;
          epoch.settling = new ArrayList<>();
          epoch.probeDue = false;
          epoch.fencedAt = System.nanoTime();
        }
      } finally {
        lock.unlock();
      }
      write(epoch, acks, rejects);
      for (String queue : cancels) {
        epoch.channel.basicCancel(queue);
      }
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
            settled.forEach(each -> loop.execute(() -> epoch.settled(each)));
          }
          wake();
        });
  }

  private void lost(Epoch epoch) {
    epoch.open = false;
    boolean begun;
    lock.lock();
    try {
      begun = current == epoch;
      current = null;
      consuming = false;
      writing = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (begun) {
      loop.execute(
          () -> {
            epoch.forgotten = true;
            listener.onConsumingLost();
          });
    }
  }

  /** Gives back what is not settled and consumes anew. */
  void reopen(String why) {
    log.warn("event=consuming_reopened why=\"{}\"", why);
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

  /** Consumes these queues no more. */
  void stop(Set<String> queues) {
    lock.lock();
    try {
      stopped.addAll(queues);
      cancelNow.addAll(queues);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until every ack and rejection so far is written, or lost with its channel. */
  boolean flush(long atMostNanos) throws InterruptedException {
    long left = atMostNanos;
    lock.lockInterruptibly();
    try {
      while (writing || (current != null && current.hasWork())) {
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

  /** Called every 100 ms: asks a silent RabbitMQ for a word, and cuts the link if none comes. */
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

  /** Reads one queue's messages, on the client's dispatch thread. */
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
      try {
        MessageReader.Read read =
            MessageReader.read(
                queue, envelope.getExchange(), envelope.getRoutingKey(), properties, body);
        Delivery delivery = new Delivery(epoch, tag, read.envelope(), read.type(), read.events());
        loop.execute(
            () -> {
              if (!delivery.isLost()) {
                listener.onDelivery(delivery);
              }
            });
      } catch (MalformedEventException | RuntimeException e) { // a bug must not be redelivered
        metrics.unreadable();
        log.warn(
            "event=unreadable_message queue={} user={} type={} bytes={} why=\"{}\"",
            queue,
            properties.getUserId(),
            properties.getType(),
            body.length,
            e.getMessage());
        epoch.enqueue(() -> epoch.acks.add(tag));
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
