package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Receipt;
import io.github.httplongcut.session.Delivery;

/** Receipt that holds the delivery of its requests. */
final class DeliveryReceipt extends Receipt {

  private final Delivery delivery;

  DeliveryReceipt(Delivery delivery) {
    this.delivery = delivery;
  }

  @Override
  public String version() {
    return delivery.envelope().version();
  }

  static Delivery of(Receipt receipt) {
    return ((DeliveryReceipt) receipt).delivery;
  }
}
