package io.github.httplongcut.system.tenants;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Attacks that route messages to a shared exchange or queue without RabbitMQ's permission check for
 * publishing.
 */
final class UncheckedRoutes {

  private final TenantTestbed testbed;
  private final Tenant acme;
  private final Tenant plant;

  UncheckedRoutes(TenantTestbed testbed) {
    this.testbed = testbed;
    this.acme = testbed.acme();
    this.plant = testbed.plant();
  }

  private static String foreign(Tenant tenant) {
    return Topology.targetKey(TenantTestbed.FOREIGN, tenant.id());
  }

  private static String own(Tenant tenant) {
    return Topology.targetKey(Tenant.TARGET, tenant.id());
  }

  private ClientRequest request(String suffix) {
    return TenantEvents.request(acme.id(), TenantTestbed.FOREIGN, suffix);
  }

  /** Binds shared exchanges and the shared queue to the tenants' own exchanges. */
  void boundExchanges() {
    String feedExchange = acme.exchange("topic", Map.of());
    acme.attempt(
        "bind exchange client_request",
        channel -> channel.exchangeBind("client_request", feedExchange, "#"));
    acme.attempt(
        "bind queue client_request",
        channel -> channel.queueBind("client_request", feedExchange, "#"));
    acme.run(
        channel -> acme.publish(channel, feedExchange, foreign(acme), request("bound"), Map.of()));
    String heartbeats = plant.exchange("topic", Map.of());
    plant.run(channel -> channel.exchangeBind("upstream_heartbeat", heartbeats, "#"));
    plant.run(channel -> foreignHeartbeats(channel, heartbeats, Map.of()));
  }

  private void foreignHeartbeats(
      com.rabbitmq.client.Channel channel, String exchange, Map<String, Object> headers)
      throws java.io.IOException {
    for (int i = 0; i < 60; i++) {
      ProcessId id = plant.newId();
      plant.publish(
          channel,
          exchange,
          Topology.targetKey(TenantTestbed.FOREIGN, id),
          TenantEvents.heartbeat(id, TenantTestbed.FOREIGN, 100, 2_000),
          headers);
    }
  }

  /** Declares exchanges with a shared exchange as the alternate exchange. */
  void alternateExchanges() {
    String feedExchange = acme.exchange("topic", Map.of("alternate-exchange", "client_request"));
    acme.run(
        channel ->
            acme.publish(channel, feedExchange, foreign(acme), request("alternate"), Map.of()));
    String heartbeats = plant.exchange("topic", Map.of("alternate-exchange", "upstream_heartbeat"));
    plant.run(channel -> foreignHeartbeats(channel, heartbeats, Map.of()));
    for (String type : List.of("upstream_response", "upstream_error", "broker_request_ack")) {
      String other = plant.exchange("topic", Map.of("alternate-exchange", type));
      plant.run(
          channel ->
              plant.publish(
                  channel,
                  other,
                  foreign(plant),
                  TenantEvents.request(plant.id(), TenantTestbed.FOREIGN, "alternate/" + type),
                  Map.of()));
    }
  }

  /**
   * Sends foreign keys in CC and BCC, with matching events, to each exchange with topic
   * permissions.
   */
  void ccAndBccKeys() {
    for (String header : List.of("CC", "BCC")) {
      Map<String, Object> further = Map.of(header, List.of(foreign(acme)));
      acme.attempt(
          header + " on client_request",
          channel -> acme.publish(channel, "client_request", own(acme), request(header), further));
      plant.attempt(
          header + " on upstream_heartbeat",
          channel -> {
            for (int i = 0; i < 60; i++) {
              ProcessId id = plant.newId();
              plant.publish(
                  channel,
                  "upstream_heartbeat",
                  own(plant),
                  TenantEvents.heartbeat(id, TenantTestbed.FOREIGN, 100, 2_000),
                  Map.of(header, List.of(Topology.targetKey(TenantTestbed.FOREIGN, id))));
            }
          });
      // Dead letters keep the keys in CC and BCC.
      String sourceQueue =
          acme.queue(Map.of("x-message-ttl", 0, "x-dead-letter-exchange", "client_request"));
      String feedExchange = acme.exchangeFor(sourceQueue);
      acme.run(
          channel ->
              acme.publish(channel, feedExchange, own(acme), request("dead-" + header), further));
    }
  }

  /**
   * Declares queues and an exchange that dead-letter or forward to the default exchange, which
   * routes to every queue.
   */
  void defaultExchange() {
    String inbox = "broker." + testbed.brokerIds().get(0);
    for (String queue : List.of("client_request", "orphan", inbox)) {
      String name = acme.newName("default");
      acme.attempt(
          "dead-letter to the default exchange",
          channel ->
              channel.queueDeclare(
                  name,
                  true,
                  false,
                  false,
                  Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", queue)));
      acme.attempt(
          "dead-letter key alone",
          channel ->
              channel.queueDeclare(
                  name, true, false, false, Map.of("x-dead-letter-routing-key", queue)));
    }
    acme.attempt(
        "default exchange as alternate exchange",
        channel ->
            channel.exchangeDeclare(
                acme.newName("default"), "topic", true, false, Map.of("alternate-exchange", "")));
  }

  /**
   * Replays events that brokers send to acme, with the broker's {@code user-id}, as dead letters to
   * each exchange that acme may use.
   */
  void replayedAnswers() {
    ProcessId killed = testbed.killedBroker();
    for (String exchange : List.of("client_request", "client_cancel")) {
      Map<String, Object> arguments = new HashMap<>();
      arguments.put("x-message-ttl", 0);
      arguments.put("x-dead-letter-exchange", exchange);
      arguments.put(
          "x-dead-letter-routing-key",
          exchange.equals("client_cancel") ? killed.toString() : foreign(acme));
      String copies = acme.queue(arguments);
      for (String source : List.of("client_request_ack", "broker_response", "broker_error")) {
        acme.run(
            channel -> {
              channel.queueBind(copies, source, acme.id().toString());
              channel.exchangeBind(exchange, source, acme.id().toString());
            });
      }
    }
    requestOwnTarget("GET", Map.of(), 20);
  }

  /**
   * Binds {@code client_request} to its own dead letters, which would loop, and makes brokers
   * reject requests. A forged delivery count makes a broker assume that another broker may run the
   * request.
   */
  void requestsThatLoop() {
    acme.attempt(
        "bind client_request to client_request_undelivered",
        channel ->
            channel.exchangeBind("client_request", "client_request_undelivered", "*." + acme.id()));
    acme.attempt(
        "bind queue client_request to client_request_undelivered",
        channel ->
            channel.queueBind("client_request", "client_request_undelivered", "*." + acme.id()));
    requestOwnTarget("POST", Map.of("x-delivery-count", 1L), 500);
    requestOwnTarget("POST", Map.of("x-acquired-count", 1L), 500);
  }

  /** Ends the loops of {@link #requestsThatLoop}. */
  void unbind() {
    acme.run(
        channel -> {
          channel.exchangeUnbind("client_request", "client_request_undelivered", "*." + acme.id());
          channel.queueUnbind("client_request", "client_request_undelivered", "*." + acme.id());
        });
  }

  /** Sends requests for acme's own target. */
  void requestOwnTarget(String method, Map<String, Object> headers, int times) {
    acme.run(
        channel -> {
          for (int i = 0; i < times; i++) {
            Event request = TenantEvents.request(acme.id(), Tenant.TARGET, method, "own/" + i);
            acme.publish(channel, "client_request", own(acme), request, headers);
          }
        });
  }
}
