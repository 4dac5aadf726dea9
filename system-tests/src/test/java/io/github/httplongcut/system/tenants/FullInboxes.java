package io.github.httplongcut.system.tenants;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Topology;
import java.util.List;
import java.util.Map;

/**
 * Attacks with tenants' inboxes that accept no messages, or accept them slowly. The shared brokers
 * publish to these inboxes.
 */
final class FullInboxes {

  private static final Map<String, Object> TAKES_NOTHING =
      Map.of("x-max-length", 0, "x-overflow", "reject-publish");

  private final TenantTestbed testbed;

  FullInboxes(TenantTestbed testbed) {
    this.testbed = testbed;
  }

  /** A kind of inbox for acme. */
  enum Kind {
    CLASSIC_FULL,
    QUORUM_FULL,
    STREAM,
    MANY_BINDINGS,
    MANY_QUEUES
  }

  /** Declares and binds acme's inbox. */
  void declare(Kind kind) {
    Tenant acme = testbed.acme();
    switch (kind) {
      case CLASSIC_FULL -> testbed.acmesInbox(TAKES_NOTHING);
      case QUORUM_FULL ->
          testbed.acmesInbox(
              Map.of("x-queue-type", "quorum", "x-max-length", 0, "x-overflow", "reject-publish"));
      case STREAM -> testbed.acmesInbox(Map.of("x-queue-type", "stream"));
      case MANY_BINDINGS -> {
        String inbox = testbed.acmesInbox(TAKES_NOTHING);
        for (String exchange : List.of("client_request_ack", "broker_error")) {
          acme.run(
              channel -> {
                for (int i = 0; i < 1_000; i++) {
                  channel.queueBind(inbox, exchange, acme.id().toString(), Map.of("n", i));
                }
              });
        }
      }
      case MANY_QUEUES -> {
        testbed.acmesInbox(TAKES_NOTHING);
        for (int i = 0; i < 300; i++) {
          String queue = acme.queue(TAKES_NOTHING);
          acme.run(
              channel -> {
                channel.queueBind(queue, "client_request_ack", acme.id().toString());
                channel.queueBind(queue, "broker_error", acme.id().toString());
              });
        }
      }
    }
  }

  /** Sends requests for acme's own target. */
  void sendRequests(int requests) {
    Tenant acme = testbed.acme();
    acme.run(
        channel -> {
          for (int i = 0; i < requests; i++) {
            Event request =
                TenantEvents.request(
                    acme.id(), Tenant.TARGET, i % 2 == 0 ? "GET" : "POST", "own/" + i);
            acme.publish(
                channel,
                "client_request",
                Topology.targetKey(Tenant.TARGET, acme.id()),
                request,
                Map.of());
          }
        });
  }

  /** Declares plant's inbox so that it accepts no dispatch. */
  void declarePlants(Map<String, Object> more) {
    Map<String, Object> arguments = new java.util.HashMap<>(TAKES_NOTHING);
    arguments.putAll(more);
    testbed.plantsInbox(arguments);
  }
}
