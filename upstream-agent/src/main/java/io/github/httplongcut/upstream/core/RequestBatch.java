package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event.BrokerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The requests of one delivery.
 *
 * @param requests at least one
 * @param target the target of the message's routing key
 * @param user the RabbitMQ user that published the message
 * @param receipt the delivery
 */
public record RequestBatch(
    List<BrokerRequest> requests, Target target, String user, RequestReceipt receipt) {

  /** Returns whether an honest broker may have published the message. */
  boolean isConsistent() {
    for (BrokerRequest each : requests) {
      if (!each.request().upstreamTarget().equals(target.name())
          || !each.brokerId().user().equals(user)) {
        return false;
      }
    }
    return !hasDuplicates();
  }

  private boolean hasDuplicates() {
    if (requests.size() == 1) {
      return false;
    }
    Set<UUID> seen = new HashSet<>();
    for (BrokerRequest each : requests) {
      if (!seen.add(each.brokerReqId())) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether all requests are repeatable: they may start before they are settled. */
  boolean isRepeatable() {
    for (BrokerRequest each : requests) {
      if (!each.request().isRepeatable()) {
        return false;
      }
    }
    return true;
  }
}
