package io.github.httplongcut.broker.core;

/**
 * Receipt of a request that this broker made itself (docs/protocol.md section 4, "Replays"). It
 * counts as settled: RabbitMQ holds no delivery that could come back.
 */
public final class LocalReceipt extends Receipt {

  /** Creates a receipt for one request. */
  public LocalReceipt() {
    settled();
  }

  @Override
  public boolean isLocal() {
    return true;
  }

  /** Returns whether the router does not hold the request: not yet, or no longer. */
  public boolean isIdle() {
    return requests().isEmpty();
  }
}
