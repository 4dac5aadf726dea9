package io.github.httplongcut.amqp;

/**
 * What a process does with what its {@link Session} hears. Every method is called on the loop and
 * must not block.
 */
public interface SessionListener {

  /** A message came; the listener sees to it that it is acked, settled or rejected. */
  void onDelivery(Delivery delivery);

  /** All queues are bound and consumed: at start, and after each reconnect. */
  void onConsuming();

  /**
   * Nothing is consumed any more. Every delivery so far that is not {@linkplain
   * Delivery#isSettled() settled} is {@linkplain Delivery#isLost() lost}. Comes once between two
   * {@link #onConsuming}.
   */
  void onConsumingLost();
}
