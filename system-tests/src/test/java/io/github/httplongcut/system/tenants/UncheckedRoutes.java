package io.github.httplongcut.system.tenants;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Ways into a shared exchange or queue that RabbitMQ does not check as a publish. */
final class SideDoors {

  private final TenantScene scene;
  private final Tenant acme;
  private final Tenant plant;

  SideDoors(TenantScene scene) {
    this.scene = scene;
    this.acme = scene.acme();
    this.plant = scene.plant();
  }

  private static String foreign(Tenant tenant) {
    return Topology.targetKey(TenantScene.FOREIGN, tenant.id());
  }

  private static String own(Tenant tenant) {
    return Topology.targetKey(Tenant.TARGET, tenant.id());
  }

  private ClientRequest request(String what) {
    return Events.request(acme.id(), TenantScene.FOREIGN, what);
  }

  /** Binds the shared exchange and the shared queue to an exchange of its own. */
  void boundExchanges() {
    String entrance = acme.exchange("topic", Map.of());
    acme.tries(
        "bind exchange client_request",
        channel -> channel.exchangeBind("client_request", entrance, "#"));
    acme.tries(
        "bind queue client_request", channel -> channel.queueBind("client_request", entrance, "#"));
    acme.does(
        channel -> acme.publish(channel, entrance, foreign(acme), request("bound"), Map.of()));
    String heartbeats = plant.exchange("topic", Map.of());
    plant.does(channel -> channel.exchangeBind("upstream_heartbeat", heartbeats, "#"));
    plant.does(channel -> foreignHeartbeats(channel, heartbeats, Map.of()));
  }

  private void foreignHeartbeats(
      com.rabbitmq.client.Channel channel, String exchange, Map<String, Object> headers)
      throws java.io.IOException {
    for (int i = 0; i < 60; i++) {
      ProcessId id = plant.newId();
      plant.publish(
          channel,
          exchange,
          Topology.targetKey(TenantScene.FOREIGN, id),
          Events.heartbeat(id, TenantScene.FOREIGN, 100, 2_000),
          headers);
    }
  }

  /** Names the shared exchange as the alternate one of its own. */
  void alternateExchanges() {
    String entrance = acme.exchange("topic", Map.of("alternate-exchange", "client_request"));
    acme.does(
        channel -> acme.publish(channel, entrance, foreign(acme), request("alternate"), Map.of()));
    String heartbeats = plant.exchange("topic", Map.of("alternate-exchange", "upstream_heartbeat"));
    plant.does(channel -> foreignHeartbeats(channel, heartbeats, Map.of()));
    for (String type : List.of("upstream_response", "upstream_error", "broker_request_ack")) {
      String other = plant.exchange("topic", Map.of("alternate-exchange", type));
      plant.does(
          channel ->
              plant.publish(
                  channel,
                  other,
                  foreign(plant),
                  Events.request(plant.id(), TenantScene.FOREIGN, "alternate/" + type),
                  Map.of()));
    }
  }

  /** Foreign keys in CC and BCC, on each exchange that checks keys; and payloads that fit them. */
  void furtherKeys() {
    for (String header : List.of("CC", "BCC")) {
      Map<String, Object> further = Map.of(header, List.of(foreign(acme)));
      acme.tries(
          header + " on client_request",
          channel -> acme.publish(channel, "client_request", own(acme), request(header), further));
      plant.tries(
          header + " on upstream_heartbeat",
          channel -> {
            for (int i = 0; i < 60; i++) {
              ProcessId id = plant.newId();
              plant.publish(
                  channel,
                  "upstream_heartbeat",
                  own(plant),
                  Events.heartbeat(id, TenantScene.FOREIGN, 100, 2_000),
                  Map.of(header, List.of(Topology.targetKey(TenantScene.FOREIGN, id))));
            }
          });
      // Dead letters that keep all their keys.
      String grave =
          acme.queue(Map.of("x-message-ttl", 0, "x-dead-letter-exchange", "client_request"));
      String entrance = acme.exchangeFor(grave);
      acme.does(
          channel ->
              acme.publish(channel, entrance, own(acme), request("dead-" + header), further));
    }
  }

  /**
   * Dead letters and alternate exchanges by way of the default exchange, which knows all queues.
   */
  void defaultExchange() {
    String inbox = "broker." + scene.brokerIds().get(0);
    for (String queue : List.of("client_request", "orphan", inbox)) {
      String name = acme.newName("default");
      acme.tries(
          "dead-letter to the default exchange",
          channel ->
              channel.queueDeclare(
                  name,
                  true,
                  false,
                  false,
                  Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", queue)));
      acme.tries(
          "dead-letter key alone",
          channel ->
              channel.queueDeclare(
                  name, true, false, false, Map.of("x-dead-letter-routing-key", queue)));
    }
    acme.tries(
        "default exchange as alternate one",
        channel ->
            channel.exchangeDeclare(
                acme.newName("default"), "topic", true, false, Map.of("alternate-exchange", "")));
  }

  /**
   * What brokers send to acme, signed by them, dies and goes to each exchange that acme may use.
   */
  void replayedAnswers() {
    ProcessId killed = scene.killedBroker();
    for (String exchange : List.of("client_request", "client_cancel")) {
      Map<String, Object> arguments = new HashMap<>();
      arguments.put("x-message-ttl", 0);
      arguments.put("x-dead-letter-exchange", exchange);
      arguments.put(
          "x-dead-letter-routing-key",
          exchange.equals("client_cancel") ? killed.toString() : foreign(acme));
      String copies = acme.queue(arguments);
      for (String source : List.of("client_request_ack", "broker_response", "broker_error")) {
        acme.does(
            channel -> {
              channel.queueBind(copies, source, acme.id().toString());
              channel.exchangeBind(exchange, source, acme.id().toString());
            });
      }
    }
    askForOwnTarget("GET", Map.of(), 20);
  }

  /**
   * Binds what comes back of {@code client_request} to it again, and has brokers reject: by a
   * forged count, they take requests for such that another broker may run.
   */
  void requestsThatComeBackForEver() {
    acme.tries(
        "bind client_request to client_request_undelivered",
        channel ->
            channel.exchangeBind("client_request", "client_request_undelivered", "*." + acme.id()));
    acme.tries(
        "bind queue client_request to client_request_undelivered",
        channel ->
            channel.queueBind("client_request", "client_request_undelivered", "*." + acme.id()));
    askForOwnTarget("POST", Map.of("x-delivery-count", 1L), 500);
    askForOwnTarget("POST", Map.of("x-acquired-count", 1L), 500);
  }

  /** Ends the loops of {@link #requestsThatComeBackForEver}. */
  void unbind() {
    acme.does(
        channel -> {
          channel.exchangeUnbind("client_request", "client_request_undelivered", "*." + acme.id());
          channel.queueUnbind("client_request", "client_request_undelivered", "*." + acme.id());
        });
  }

  /** Requests for acme's own target. */
  void askForOwnTarget(String method, Map<String, Object> headers, int times) {
    acme.does(
        channel -> {
          for (int i = 0; i < times; i++) {
            Event request = Events.request(acme.id(), Tenant.TARGET, method, "own/" + i);
            acme.publish(channel, "client_request", own(acme), request, headers);
          }
        });
  }
}
