package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.Basic;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Sends a {@code basic.qos} whose reply proves that RabbitMQ has processed everything written
 * before on the channel, since RabbitMQ processes a channel in order (protocol section 4, rule 1).
 * The {@code basic.qos} has no effect, because running consumers keep their prefetch. One is
 * outstanding at a time.
 *
 * <p>{@link #send} must be called by one thread; the other methods may be called by any.
 */
final class Fence {

  private static final Basic.Qos QOS_WITHOUT_EFFECT =
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

  /** Returns the time since the outstanding fence was sent; 0 if there is none. */
  long outstandingNanos(long nowNanos) {
    long since = sentAt;
    return since == NONE ? 0 : nowNanos - since;
  }

  /**
   * Sends a fence. {@code whenAnswered} is called on the connection's reader thread, or never if
   * the channel closes before the reply.
   */
  void send(Runnable whenAnswered) throws IOException {
    if (isOutstanding()) {
      throw new IllegalStateException("a fence is outstanding");
    }
    sentAt = clock.getAsLong();
    // Ignore a failure: the owner of a closed channel gives up all that waits for the fence.
    var unused =
        channel
            .asyncCompletableRpc(QOS_WITHOUT_EFFECT)
            .thenRun(
                () -> {
                  sentAt = NONE;
                  whenAnswered.run();
                });
  }
}
