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
 * Decodes the heartbeats of one channel on the loop, in turns ({@link LatestHeartbeats}). The
 * caller acks each heartbeat as soon as it has added it. A lost heartbeat does no harm: after a
 * reconnect a broker asks all agents for new ones.
 */
final class HeartbeatReader implements Delivery.Source {

  private static final Logger log = LoggerFactory.getLogger(HeartbeatReader.class);

  private final Executor loop;
  private final Consumer<Delivery> listener;
  private final BooleanSupplier channelOpen;
  private final SessionMetrics metrics;
  private final LatestHeartbeats latest = new LatestHeartbeats(System.nanoTime());
  private final RateLimit warnings = new RateLimit(Duration.ofSeconds(1)); // loop only

  /**
   * Creates a reader without heartbeats.
   *
   * @param listener receives the decoded heartbeats, on the loop
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

  /**
   * Adds a heartbeat; never blocks. If no turn is due yet, {@link #scheduleTurnIfDue} must be
   * called later.
   */
  void add(Heartbeat heartbeat) {
    metrics.heartbeat(latest.add(heartbeat));
    scheduleTurnIfDue();
  }

  /** Has the loop run a turn, if one is due. */
  void scheduleTurnIfDue() {
    if (latest.claimTurn(System.nanoTime())) {
      loop.execute(this::runTurn);
    }
  }

  /**
   * Returns the time until {@link #scheduleTurnIfDue} must be called; MAX_VALUE if nothing waits.
   */
  long nanosToTurn(long now) {
    return latest.nanosToTurn(now);
  }

  private void runTurn() {
    long until = System.nanoTime() + LatestHeartbeats.MAX_TURN.toNanos();
    try {
      Optional<Heartbeat> next = latest.next();
      while (next.isPresent()) {
        decode(next.get()).filter(each -> !each.isLost()).ifPresent(listener);
        next = System.nanoTime() - until < 0 ? latest.next() : Optional.empty();
      }
    } finally {
      latest.endTurn(System.nanoTime());
    }
  }

  private Optional<Delivery> decode(Heartbeat heartbeat) {
    try {
      MessageReader.DecodedMessage message = heartbeat.decode();
      return Optional.of(
          new Delivery(this, 0, message.envelope(), message.type(), message.events()));
    } catch (MalformedEventException
        | RuntimeException
        | Error e) { // go on with the other heartbeats
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
    throw new UnsupportedOperationException("heartbeats are not settled");
  }

  @Override
  public boolean isOpen() {
    return channelOpen.getAsBoolean();
  }
}
