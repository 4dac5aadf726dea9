package io.github.httplongcut.broker;

import io.github.httplongcut.amqp.Delivery;
import io.github.httplongcut.broker.core.Receipt;

/** Receipt that holds the delivery of its requests. */
final class DeliveryReceipt extends Receipt {

  private final Delivery delivery;

  DeliveryReceipt(Delivery delivery) {
    this.delivery = delivery;
  }

  static Delivery of(Receipt receipt) {
    return ((DeliveryReceipt) receipt).delivery;
  }
}
