package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.LatestHeartbeats.Heartbeat;
import io.github.httplongcut.protocol.MalformedEventException;
import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.session.DiscardReason;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Decodes the heartbeats of one channel on the loop, in turns ({@link LatestHeartbeats}). The
 * caller acks each heartbeat as soon as it has added it. A lost heartbeat does no harm: after a
 * reconnect a broker asks all agents for new ones.
 */
final class HeartbeatReader implements Delivery.Source {

  private final Executor loop;
  private final Consumer<Delivery> listener;
  private final BooleanSupplier channelOpen;
  private final ConsumingMetrics metrics;
  private final LatestHeartbeats latest = new LatestHeartbeats(System.nanoTime());
  private final DiscardedMessages discardedMessages;

  /**
   * Creates a reader without heartbeats.
   *
   * @param listener receives the decoded heartbeats, on the loop
   */
  HeartbeatReader(
      Executor loop,
      Consumer<Delivery> listener,
      BooleanSupplier channelOpen,
      ConsumingMetrics metrics,
      DiscardedMessages discardedMessages) {
    this.loop = loop;
    this.listener = listener;
    this.channelOpen = channelOpen;
    this.metrics = metrics;
    this.discardedMessages = discardedMessages;
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
      discardedMessages.unreadable(
          heartbeat.routingKey, heartbeat.properties, heartbeat.body.length, e);
      return Optional.empty();
    }
  }

  @Override
  public void ack(Delivery delivery) {}

  @Override
  public void discard(Delivery delivery, DiscardReason reason) {
    discardedMessages.discarded(delivery, reason);
  }

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
