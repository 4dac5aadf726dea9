package io.github.httplongcut.amqp;

import java.time.Duration;
import java.util.Set;

/**
 * A process's two connections to RabbitMQ: one that publishes and one that consumes, since an alarm
 * of RabbitMQ blocks only what publishes (protocol section 3). Both are kept up for ever.
 */
public interface Session extends AutoCloseable {

  /** Connects, and reconnects for ever, telling {@code listener} on the loop; returns at once. */
  void start(SessionListener listener);

  /**
   * For a process whose publications all ask for an answer to its own queues, before {@link
   * #start}: nothing is written while they are not consumed, as if there were no connection.
   */
  void publishOnlyWhileConsuming();

  /** Hands over a publication, from any thread; never blocks. Its outcome comes on the loop. */
  void publish(Publication publication);

  /**
   * Takes a publication back if it is not written yet: it has no outcome then. From any thread;
   * never blocks.
   */
  void withdraw(Publication publication);

  /** How it fares now; from any thread. */
  SessionState state();

  /**
   * Closes the consuming channel and consumes anew: RabbitMQ gets back what was not settled. The
   * listener hears {@link SessionListener#onConsumingLost} and then {@link
   * SessionListener#onConsuming}. Returns at once.
   */
  void reopenConsuming(String why);

  /**
   * Consumes a queue that the process shares with others, or changes its prefetch. A shared queue
   * is not consumed before this is called, and no longer than the channel lasts: the listener calls
   * this anew after each {@link SessionListener#onConsuming}. On the loop; returns at once. Without
   * an effect for a queue of {@link #stopConsuming}.
   *
   * @param prefetch how many of its messages may be unacked; 0: delivers nothing more until the
   *     next call, but for what is on its way. What was delivered stays
   */
  void consume(String queue, int prefetch);

  /**
   * Cancels the consumers of these queues for good; what they have delivered stays. Returns at
   * once.
   *
   * @param then called on the loop once RabbitMQ delivers nothing more of them
   */
  void stopConsuming(Set<String> queues, Runnable then);

  /**
   * Waits until every publication has its outcome and every ack is written, or for {@code atMost};
   * not on the loop.
   *
   * @return whether that is so
   */
  boolean flush(Duration atMost) throws InterruptedException;

  /** Closes both connections; unconfirmed publications are {@link Outcome#UNKNOWN}. */
  @Override
  void close();
}
