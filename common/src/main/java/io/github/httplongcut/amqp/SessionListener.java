package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.ProcessId;

/**
 * What a process does with what its {@link Session} hears. Every method is called on the loop and
 * must not block.
 */
public interface SessionListener {

  /** A message came; the listener sees to it that it is acked, settled or rejected. */
  void onDelivery(Delivery delivery);

  /**
   * The inbox and its node are out of reach, and with them every message in it: from the next
   * {@link #onConsuming} on a new one is consumed. Comes between {@link #onConsumingLost} and that,
   * or before the first.
   *
   * @param newId what the new inbox is named and bound by, where the role's {@link Member.Plans}
   *     take it
   */
  void onInboxReplaced(ProcessId newId);

  /**
   * The process's own queues are bound and consumed: at start, and after each reconnect. A shared
   * queue is consumed once {@link Session#consume} asks for it.
   */
  void onConsuming();

  /**
   * Nothing is consumed any more. Every delivery so far that is not {@linkplain
   * Delivery#isSettled() settled} is {@linkplain Delivery#isLost() lost}. Comes once between two
   * {@link #onConsuming}.
   */
  void onConsumingLost();
}
