package io.github.httplongcut.amqp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.amqp.PeerMessages.Arrived;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.protocol.WireLimits;
import io.github.httplongcut.session.PeerLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link PeerLink} on a connection of its own. RabbitMQ may refuse every step, since older
 * definitions lack the exchange and older users its permissions. It then closes the channel, and
 * this class tries again on another one: after a pause, then after one that is twice as long each
 * time, up to {@link #MAX_PAUSE}.
 *
 * <p>The link's thread writes, decodes and calls the listener. The reader thread only collects what
 * arrives. The first event is published before the queue is declared, so that a process that may
 * not write reads nothing either.
 */
final class PeerConnection implements PeerLink, Link.ConnectionUser {

  static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
  static final Duration MAX_PAUSE = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(PeerConnection.class);

  /** Time without an accepted channel after which {@link #trouble} says so. */
  static final Duration TROUBLE_AFTER = Duration.ofSeconds(5);

  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(10);

  /** Unacked messages, each with {@link WireLimits#STATUS_BYTES} at most. */
  private static final int PREFETCH = 32;

  /** Messages decoded a second, at most. The queue drops the oldest of the others. */
  private static final int MAX_DECODED = 200;

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Steps at which RabbitMQ may refuse, with the right that each needs. */
  private enum Step {
    WRITE("write to"),
    READ("read from");

    private final String right;

    Step(String right) {
      this.right = right;
    }
  }

  /** Reports that RabbitMQ has deleted the queue. */
  private static final class CancelledException extends IOException {
    private static final long serialVersionUID = 1L;

    CancelledException() {
      super("it has deleted the queue");
    }
  }

  private final Link link;
  private final PeerMessages messages;
  private final Listener listener;
  private final DiscardedMessages discarded;
  private final Duration firstPause;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private Event newest;

  @GuardedBy("lock")
  private boolean blocked;

  /** The channel whose messages count. */
  @GuardedBy("lock")
  private Channel current;

  @GuardedBy("lock")
  private boolean cancelled;

  @GuardedBy("lock")
  private final Deque<Arrived> arrived = new ArrayDeque<>();

  private volatile Optional<String> refusal = Optional.empty();

  /** Time since which no channel is accepted; empty while one is. */
  private volatile OptionalLong notAcceptedSince = OptionalLong.of(System.nanoTime());

  // Used by the link's thread only.
  private Step step = Step.WRITE;
  private int channels;
  private long pauseNanos;
  private long secondStartedAt = System.nanoTime();
  private int decodedInSecond;

  /**
   * @param firstPause pause after the first refusal, such as {@link #FIRST_PAUSE}
   */
  PeerConnection(
      Link link,
      PeerMessages messages,
      Listener listener,
      DiscardedMessages discarded,
      Duration firstPause) {
    this.link = link;
    this.messages = messages;
    this.listener = listener;
    this.discarded = discarded;
    this.firstPause = firstPause;
    this.pauseNanos = firstPause.toNanos();
  }

  /** Starts the link, which connects after {@code hold(false)}. */
  void start() {
    link.hold(true);
    link.start(this);
  }

  /** Sets whether the link waits before it opens a connection. */
  void hold(boolean hold) {
    link.hold(hold);
  }

  void close() {
    link.close();
  }

  @Override
  public void publish(Event event) {
    lock.lock();
    try {
      newest = event;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<String> trouble() {
    return troubleAt(System.nanoTime());
  }

  Optional<String> troubleAt(long now) {
    OptionalLong since = notAcceptedSince;
    if (refusal.isPresent()
        || since.isEmpty()
        || now - since.getAsLong() < TROUBLE_AFTER.toNanos()) {
      return refusal;
    }
    return Optional.of(
        "This broker has no connection to RabbitMQ for '"
            + messages.exchange()
            + "': see event=amqp_down in its log");
  }

  // The link's thread.

  @Override
  public void use(Connection connection) throws IOException, InterruptedException {
    setBlocked(false);
    connection.addBlockedListener(reason -> setBlocked(true), () -> setBlocked(false));
    link.onOpened();
    while (true) {
      try {
        exchange(connection);
      } catch (IOException | ShutdownSignalException e) {
        if (!connection.isOpen()) {
          throw e;
        }
        onRefused(e);
        pause(connection);
      } catch (TimeoutException e) {
        throw new IOException("RabbitMQ does not confirm " + messages.exchange(), e);
      }
    }
  }

  /** Works on one channel until RabbitMQ closes it. */
  private void exchange(Connection connection)
      throws IOException, TimeoutException, InterruptedException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("RabbitMQ allows no channel");
    }
    reset(channel);
    channel.addShutdownListener(cause -> wake());
    try {
      channel.confirmSelect();
      step = Step.WRITE;
      boolean published = publishNext(channel);
      step = Step.READ;
      String queue = consume(channel);
      onAccepted();
      step = Step.WRITE;
      while (published || channel.isOpen()) {
        published = publishNext(channel);
        if (!published) {
          decodeNext(channel, queue);
        }
      }
    } catch (IOException | ShutdownSignalException e) {
      channel.abort(); // RabbitMQ may not have closed it
      throw e;
    } finally {
      onEnded();
    }
  }

  /** Forgets what an earlier channel has left, and ignores what it still delivers. */
  private void reset(Channel channel) {
    lock.lock();
    try {
      current = channel;
      cancelled = false;
      arrived.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Publishes an event, or waits until there is work; returns whether it has published one. */
  private boolean publishNext(Channel channel)
      throws IOException, TimeoutException, InterruptedException {
    Event event = awaitEvent(channel);
    if (event == null) {
      return false;
    }
    byte[] body = PeerMessages.encode(event);
    BasicProperties properties = messages.properties(channel.getNextPublishSeqNo());
    channel.basicPublish(messages.exchange(), "", properties, body);
    long deadline = System.nanoTime() + CONFIRM_TIMEOUT.toNanos();
    while (!isConfirmed(channel)) {
      if (!isBlocked() && System.nanoTime() - deadline >= 0) {
        throw new TimeoutException();
      }
    }
    return true;
  }

  private static boolean isConfirmed(Channel channel) throws InterruptedException {
    try {
      boolean unused = channel.waitForConfirms(TimeUnit.SECONDS.toMillis(1));
      return true; // a nack is no problem: the next event comes in a second
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** Returns the event to publish; null if a message can be decoded first. */
  private Event awaitEvent(Channel channel) throws CancelledException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (channel.isOpen()) {
        if (cancelled) {
          throw new CancelledException();
        }
        if (newest != null && !blocked) {
          Event event = newest;
          newest = null;
          return event;
        }
        long nanos = arrived.isEmpty() ? Long.MAX_VALUE : nanosToDecode(System.nanoTime());
        if (nanos <= 0) {
          return null;
        }
        long unused = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
    throw channel.getCloseReason();
  }

  private long nanosToDecode(long now) {
    if (now - secondStartedAt >= SECOND) {
      secondStartedAt = now;
      decodedInSecond = 0;
    }
    return decodedInSecond < MAX_DECODED ? 0 : secondStartedAt + SECOND - now;
  }

  private String consume(Channel channel) throws IOException {
    channels++;
    String queue = messages.queue(channels);
    channel.queueDeclare(queue, false, true, true, PeerMessages.queueArguments());
    channel.queueBind(queue, messages.exchange(), "");
    channel.basicQos(PREFETCH);
    String tag = channel.basicConsume(queue, false, new Reader(channel));
    log.debug("event=peers_consumed queue={} tag={}", queue, LogText.quoted(tag));
    return queue;
  }

  private void decodeNext(Channel channel, String queue) throws IOException {
    Arrived message = takeArrived();
    if (message == null) {
      return;
    }
    decodedInSecond++;
    try {
      Event event = messages.decode(message, queue);
      if (!listener.onPeerEvent(event, message.properties.getUserId())) {
        throw new ForgedMessageException("the sender is not the broker that it names");
      }
    } catch (MalformedEventException | RuntimeException | Error e) { // go on with other messages
      discarded.unreadable(message.key, message.properties, message.bytes, e);
    }
    channel.basicAck(message.tag, false);
  }

  private void onAccepted() {
    link.onHealthy();
    pauseNanos = firstPause.toNanos();
    notAcceptedSince = OptionalLong.empty();
    if (refusal.isPresent()) {
      log.info("event=peers_up exchange={}", messages.exchange());
      refusal = Optional.empty();
    }
  }

  private void onEnded() {
    if (notAcceptedSince.isEmpty()) {
      notAcceptedSince = OptionalLong.of(System.nanoTime());
    }
  }

  private void onRefused(Exception e) {
    link.onHealthy(); // the connection itself works
    String sentence = sentenceOf(e);
    if (!refusal.equals(Optional.of(sentence))) {
      log.warn("event=peers_down why={}; retrying until it works", LogText.quoted(sentence));
      refusal = Optional.of(sentence);
    }
  }

  private String sentenceOf(Exception e) {
    return switch (replyCode(e)) {
      case AMQP.NOT_FOUND ->
          "RabbitMQ has no exchange '"
              + messages.exchange()
              + "': import rabbitmq/definitions.json";
      case AMQP.ACCESS_REFUSED ->
          "RabbitMQ user '"
              + messages.user()
              + "' may not "
              + step.right
              + " the exchange '"
              + messages.exchange()
              + "': set the permissions of a broker (docs/permissions.md)";
      default ->
          "RabbitMQ refuses '"
              + messages.exchange()
              + "': "
              + LogText.plain(Failures.describe(e), LogText.MAX_CHARS);
    };
  }

  /** Returns the code with which RabbitMQ closed the channel; 0 if it did not. */
  private static int replyCode(Exception e) {
    Throwable signal = e instanceof ShutdownSignalException ? e : e.getCause();
    return signal instanceof ShutdownSignalException shutdown
            && shutdown.getReason() instanceof AMQP.Channel.Close close
        ? close.getReplyCode()
        : 0;
  }

  /** Waits before the next channel; throws if the connection is lost meanwhile. */
  private void pause(Connection connection) throws IOException, InterruptedException {
    long until = System.nanoTime() + pauseNanos;
    pauseNanos = Math.min(2 * pauseNanos, MAX_PAUSE.toNanos());
    lock.lockInterruptibly();
    try {
      long left = until - System.nanoTime();
      while (left > 0 && connection.isOpen()) {
        long unused = changed.awaitNanos(left); // events to publish also wake this thread
        left = until - System.nanoTime();
      }
    } finally {
      lock.unlock();
    }
    if (!connection.isOpen()) {
      throw new IOException("the connection is lost", connection.getCloseReason());
    }
  }

  // Any thread.

  private void setBlocked(boolean now) {
    lock.lock();
    try {
      blocked = now;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isBlocked() {
    lock.lock();
    try {
      return blocked;
    } finally {
      lock.unlock();
    }
  }

  /** Makes the link's thread leave the channel: its queue was deleted. */
  private void cancel(Channel channel) {
    lock.lock();
    try {
      cancelled |= channel == current;
      changed.signalAll();
    } finally {
      lock.unlock();
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

  private Arrived takeArrived() {
    lock.lock();
    try {
      return arrived.poll();
    } finally {
      lock.unlock();
    }
  }

  private void add(Channel channel, Arrived message) {
    lock.lock();
    try {
      if (channel == current) { // an ack of an older tag would close the channel
        arrived.add(message);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Collects messages on the reader thread; the prefetch bounds their number. */
  private final class Reader extends DefaultConsumer {

    Reader(Channel channel) {
      super(channel);
    }

    @Override
    public void handleDelivery(
        String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
      add(getChannel(), new Arrived(envelope, properties, body));
    }

    @Override
    public void handleCancel(String consumerTag) {
      cancel(getChannel());
    }
  }
}
