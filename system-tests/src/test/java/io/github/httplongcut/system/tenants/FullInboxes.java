package io.github.httplongcut.system.tenants;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.Event;
import java.util.List;
import java.util.Map;

/** Inboxes of tenants that take nothing, or take long: everybody's broker writes to them. */
final class FullInboxes {

  private static final Map<String, Object> TAKES_NOTHING =
      Map.of("x-max-length", 0, "x-overflow", "reject-publish");

  private final TenantScene scene;

  FullInboxes(TenantScene scene) {
    this.scene = scene;
  }

  /** Kinds of inboxes for acme. */
  enum Kind {
    CLASSIC_FULL,
    QUORUM_FULL,
    STREAM,
    MANY_BINDINGS,
    MANY_QUEUES
  }

  /** Declares and binds acme's inbox. */
  void declare(Kind kind) {
    Tenant acme = scene.acme();
    switch (kind) {
      case CLASSIC_FULL -> scene.acmesInbox(TAKES_NOTHING);
      case QUORUM_FULL ->
          scene.acmesInbox(
              Map.of("x-queue-type", "quorum", "x-max-length", 0, "x-overflow", "reject-publish"));
      case STREAM -> scene.acmesInbox(Map.of("x-queue-type", "stream"));
      case MANY_BINDINGS -> {
        String inbox = scene.acmesInbox(TAKES_NOTHING);
        for (String exchange : List.of("client_request_ack", "broker_error")) {
          acme.does(
              channel -> {
                for (int i = 0; i < 1_000; i++) {
                  channel.queueBind(inbox, exchange, acme.id().toString(), Map.of("n", i));
                }
              });
        }
      }
      case MANY_QUEUES -> {
        scene.acmesInbox(TAKES_NOTHING);
        for (int i = 0; i < 300; i++) {
          String queue = acme.queue(TAKES_NOTHING);
          acme.does(
              channel -> {
                channel.queueBind(queue, "client_request_ack", acme.id().toString());
                channel.queueBind(queue, "broker_error", acme.id().toString());
              });
        }
      }
    }
  }

  /** Sends requests for acme's own target, evenly over that many steps of 100 ms. */
  void ask(int requests) {
    Tenant acme = scene.acme();
    acme.does(
        channel -> {
          for (int i = 0; i < requests; i++) {
            Event request =
                Events.request(acme.id(), Tenant.TARGET, i % 2 == 0 ? "GET" : "POST", "own/" + i);
            acme.publish(
                channel,
                "client_request",
                Topology.targetKey(Tenant.TARGET, acme.id()),
                request,
                Map.of());
          }
        });
  }

  /** Declares plant's inbox so that it takes no dispatch. */
  void declarePlants(Map<String, Object> more) {
    Map<String, Object> arguments = new java.util.HashMap<>(TAKES_NOTHING);
    arguments.putAll(more);
    scene.plantsInbox(arguments);
  }
}
