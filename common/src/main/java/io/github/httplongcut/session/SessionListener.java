package io.github.httplongcut.session;

import io.github.httplongcut.protocol.ProcessId;

/**
 * Receives the deliveries and the state changes of a {@link Session}. Every method is called on the
 * loop and must not block.
 */
public interface SessionListener {

  /** Takes a delivered message, which the listener must ack, settle or reject. */
  void onDelivery(Delivery delivery);

  /**
   * Reports that the inbox's node is out of reach, and that the messages in the inbox are left
   * behind. From the next {@link #onConsuming} on the process consumes a new inbox. Called before
   * the first {@link #onConsuming}, or between {@link #onConsumingLost} and the next one.
   *
   * @param newId id in the new inbox's name and bindings, if the role's {@link Member.Plans} use it
   */
  void onInboxReplaced(ProcessId newId);

  /**
   * Reports that the process's own queues are bound and consumed: at start, and after each
   * reconnect. A shared queue is consumed only after {@link Session#consume}.
   */
  void onConsuming();

  /**
   * Reports that the consuming channel is gone. Every delivery so far that is not {@linkplain
   * Delivery#isSettled() settled} is {@linkplain Delivery#isLost() lost}. Called once between two
   * calls of {@link #onConsuming}, and once more for each channel that was lost before its {@code
   * onConsuming} but had received messages.
   */
  void onConsumingLost();
}
