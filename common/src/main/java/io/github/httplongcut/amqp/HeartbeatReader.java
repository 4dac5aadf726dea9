package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.RateLimit;
import io.github.httplongcut.protocol.MalformedEventException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the heartbeats that come by one channel, in turns of the loop ({@link LatestHeartbeats}).
 * Whoever adds one acks it at once: a process that dies needs no heartbeats, and one that has lost
 * its channel asks for new ones.
 */
final class HeartbeatReader implements Delivery.Source {

  private static final Logger log = LoggerFactory.getLogger(HeartbeatReader.class);

  private final Executor loop;
  private final Consumer<Delivery> listener;
  private final BooleanSupplier channelOpen;
  private final SessionMetrics metrics;
  private final LatestHeartbeats latest = new LatestHeartbeats(System.nanoTime());
  private final RateLimit warnings = new RateLimit(Duration.ofSeconds(1)); // the loop's

  /**
   * A reader without heartbeats.
   *
   * @param listener called on the loop
   */
  HeartbeatReader(
      Executor loop,
      Consumer<Delivery> listener,
      BooleanSupplier channelOpen,
      SessionMetrics metrics) {
    this.loop = loop;
    this.listener = listener;
    this.channelOpen = channelOpen;
    this.metrics = metrics;
  }

  /** Takes a heartbeat; never blocks. If no turn is due, {@link #takeTurn} must be called later. */
  void add(Heartbeat heartbeat) {
    metrics.heartbeat(latest.add(heartbeat));
    takeTurn();
  }

  /** Has the loop take a turn, if one is due. */
  void takeTurn() {
    if (latest.callTurn(System.nanoTime())) {
      loop.execute(this::turn);
    }
  }

  /** For how long {@link #takeTurn} need not be called; MAX_VALUE: nothing waits. */
  long nanosToTurn(long now) {
    return latest.nanosToTurn(now);
  }

  private void turn() {
    long until = System.nanoTime() + LatestHeartbeats.TURN.toNanos();
    try {
      Optional<Heartbeat> next = latest.next();
      while (next.isPresent()) {
        read(next.get()).filter(each -> !each.isLost()).ifPresent(listener);
        next = System.nanoTime() - until < 0 ? latest.next() : Optional.empty();
      }
    } finally {
      latest.endTurn(System.nanoTime());
    }
  }

  private Optional<Delivery> read(Heartbeat heartbeat) {
    try {
      MessageReader.Read read = heartbeat.read();
      return Optional.of(new Delivery(this, 0, read.envelope(), read.type(), read.events()));
    } catch (MalformedEventException
        | RuntimeException
        | Error e) { // others' are read all the same
      metrics.unreadable();
      if (warnings.allows(System.nanoTime())) {
        log.warn(
            "event=unreadable_message queue={} user={} type={} bytes={} suppressed={} why={}",
            heartbeat.queue,
            LogText.quoted(heartbeat.properties.getUserId()),
            LogText.quoted(heartbeat.properties.getType()),
            heartbeat.body.length,
            warnings.takeSuppressed(),
            LogText.quoted(e.getMessage()));
      }
      return Optional.empty();
    }
  }

  @Override
  public void ack(Delivery delivery) {}

  @Override
  public void reject(Delivery delivery) {}

  @Override
  public void settle(Delivery delivery) {
    throw new UnsupportedOperationException("a heartbeat");
  }

  @Override
  public boolean isOpen() {
    return channelOpen.getAsBoolean();
  }
}
