package io.github.httplongcut.broker;

import io.github.httplongcut.amqp.Delivery;
import io.github.httplongcut.broker.core.Receipt;

/** The delivery that requests came in. */
final class DeliveryReceipt extends Receipt {

  private final Delivery delivery;

  DeliveryReceipt(Delivery delivery) {
    this.delivery = delivery;
  }

  static Delivery of(Receipt receipt) {
    return ((DeliveryReceipt) receipt).delivery;
  }
}
