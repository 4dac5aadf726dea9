package io.github.httplongcut.amqp;

import com.rabbitmq.client.AMQP.Basic;
import com.rabbitmq.client.Channel;
import java.io.IOException;

/**
 * Sends a {@code basic.qos} whose reply proves that RabbitMQ has processed everything written
 * before on the channel, since RabbitMQ processes a channel in order (protocol section 4, rule 1).
 * The {@code basic.qos} has no effect, because running consumers keep their prefetch. One is
 * outstanding at a time. {@link #send} must be called by one thread.
 */
final class Fence {

  private static final Basic.Qos QOS_WITHOUT_EFFECT =
      new Basic.Qos.Builder().prefetchCount(1).global(false).build();

  private final Channel channel;
  private volatile boolean outstanding;

  Fence(Channel channel) {
    this.channel = channel;
  }

  /**
   * Sends a fence. {@code whenAnswered} is called on the connection's reader thread, on the calling
   * thread if the reply comes at once, or never if the channel closes before the reply.
   */
  void send(Runnable whenAnswered) throws IOException {
    if (outstanding) {
      throw new IllegalStateException("a fence is outstanding");
    }
    outstanding = true;
    // Ignore a failure: the owner of a closed channel gives up all that waits for the fence.
    var unused =
        channel
            .asyncCompletableRpc(QOS_WITHOUT_EFFECT)
            .thenRun(
                () -> {
                  outstanding = false;
                  whenAnswered.run();
                });
  }
}
