package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.Basic;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Asks RabbitMQ to answer, behind all that was written on a channel before: RabbitMQ works through
 * a channel in order, so with the answer it has done all of that (protocol section 4, rule 1). The
 * question is a {@code basic.qos} that changes nothing, since consumers keep the prefetch that they
 * began with. One is outstanding at a time.
 *
 * <p>Sent on one thread; the rest may be asked for on any.
 */
final class Fence {

  private static final Basic.Qos HARMLESS =
      new Basic.Qos.Builder().prefetchCount(1).global(false).build();
  private static final long NONE = Long.MIN_VALUE;

  private final Channel channel;
  private final LongSupplier clock;
  private volatile long sentAt = NONE;

  Fence(Channel channel, LongSupplier clock) {
    this.channel = channel;
    this.clock = clock;
  }

  boolean isOutstanding() {
    return sentAt != NONE;
  }

  /** For how long RabbitMQ has owed the answer; 0 if it owes none. */
  long outstandingNanos(long nowNanos) {
    long since = sentAt;
    return since == NONE ? 0 : nowNanos - since;
  }

  /**
   * Sends it; {@code whenBack} is called on the connection's reader thread, never if the channel
   * dies first.
   */
  void send(Runnable whenBack) throws IOException {
    if (isOutstanding()) {
      throw new IllegalStateException("a fence is outstanding");
    }
    sentAt = clock.getAsLong();
    // Were the channel to die, it and all that waits for the fence are given up elsewhere.
    var unused =
        channel
            .asyncCompletableRpc(HARMLESS)
            .thenRun(
                () -> {
                  sentAt = NONE;
                  whenBack.run();
                });
  }
}
