package io.github.httplongcut.upstream;

import io.github.httplongcut.session.Delivery;
import io.github.httplongcut.upstream.core.RequestReceipt;

/** Receipt that holds the delivery of its requests. */
final class DeliveredRequests extends RequestReceipt {

  private final Delivery delivery;

  DeliveredRequests(Delivery delivery) {
    this.delivery = delivery;
  }

  static Delivery of(RequestReceipt receipt) {
    return ((DeliveredRequests) receipt).delivery;
  }
}
