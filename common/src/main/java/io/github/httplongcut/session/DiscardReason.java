package io.github.httplongcut.session;

import java.util.Locale;

/**
 * Reasons to discard a message, which means to ack it and do nothing else with it. Label of the
 * meter {@code longcut_amqp_messages_discarded_total}.
 */
public enum DiscardReason {
  /** The message has no readable events, or exceeds the limits (protocol section 2). */
  UNREADABLE,
  /**
   * No honest sender can have published it: the payload contradicts the sender and the key that
   * RabbitMQ has checked, it is a forged dead letter, or a request that ran already (protocol
   * sections 4 and 8).
   */
  WRONG_SENDER,
  /** The process serves nothing with this routing key, or takes no such events. */
  WRONG_RECEIVER;

  /** Returns the name in the log and in the meter. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
