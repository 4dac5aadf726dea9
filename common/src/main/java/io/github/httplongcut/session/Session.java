package io.github.httplongcut.session;

import io.github.httplongcut.protocol.EventType;
import java.time.Duration;
import java.util.Set;

/**
 * A process's two connections to RabbitMQ, which reconnect until the session is closed. One
 * publishes and one consumes, since a RabbitMQ alarm blocks only publishing connections.
 */
public interface Session extends AutoCloseable {

  /**
   * Starts to connect, and to reconnect until {@link #close}. Returns at once.
   *
   * @param listener called on the loop
   */
  void start(SessionListener listener);

  /**
   * Stops all writing while the process's own queues are not consumed, as if there were no
   * connection. For a process whose publications all expect an answer in its own queues. Must be
   * called before {@link #start}.
   */
  void publishOnlyWhileConsuming();

  /**
   * Adds a link to the other processes of this role, which {@link #start} starts. Must be called
   * before {@link #start}, once at most.
   *
   * @param type the events to exchange, by the exchange of their name
   */
  PeerLink linkPeers(EventType type, PeerLink.Listener listener);

  /** Publishes; its outcome is reported on the loop. From any thread; never blocks. */
  void publish(Publication publication);

  /**
   * Takes back a publication that is not written yet, which then gets no outcome. From any thread;
   * never blocks.
   */
  void withdraw(Publication publication);

  /** Returns the current state; from any thread. */
  SessionState state();

  /**
   * Closes the consuming channel and opens another one, so that RabbitMQ requeues all unacked
   * messages. Calls {@link SessionListener#onConsumingLost} and then {@link
   * SessionListener#onConsuming}. Returns at once.
   *
   * @param why the reason, for the log
   */
  void reopenConsuming(String why);

  /**
   * Consumes a shared queue, or changes its prefetch. This lasts until the consuming channel is
   * lost: the listener must call this method again after each {@link SessionListener#onConsuming}.
   * Has no effect on queues of {@link #stopConsuming}. On the loop only; returns at once.
   *
   * @param prefetch maximum number of unacked messages of the queue. 0 pauses the queue until the
   *     next call: messages on their way are still delivered, and earlier deliveries stay valid
   */
  void consume(String queue, int prefetch);

  /**
   * Cancels the consumers of these queues for good; earlier deliveries stay valid. Returns at once.
   *
   * @param then called on the loop once RabbitMQ delivers no more messages of these queues
   */
  void stopConsuming(Set<String> queues, Runnable then);

  /**
   * Waits until every publication has its outcome and every ack is written. Must not be called on
   * the loop.
   *
   * @return false if that takes longer than {@code atMost}
   */
  boolean flush(Duration atMost) throws InterruptedException;

  /** Closes both connections; unconfirmed publications get {@link Outcome#UNKNOWN}. */
  @Override
  void close();
}
