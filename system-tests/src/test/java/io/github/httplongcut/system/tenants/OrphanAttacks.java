package io.github.httplongcut.system.tenants;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What tenants get into the queue {@code orphan}, which brokers once believed: it comes there from
 * the inbox of a broker that is gone, or by the alternate exchange of an unknown key.
 */
final class Orphans {

  /** An exchange for which tenants have no topic permission has no key that is forbidden. */
  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantScene scene;
  private final Tenant acme;
  private final Tenant plant;

  Orphans(TenantScene scene) {
    this.scene = scene;
    this.acme = scene.acme();
    this.plant = scene.plant();
  }

  /** Requests with a foreign key that die in the inbox of a broker that is gone. */
  void requestsThatDieInABrokersInbox() {
    ProcessId killed = scene.killedBroker();
    for (String header : List.of("CC", "BCC")) {
      request(acme, "client_cancel", header, killed);
      request(plant, "upstream_response", header, killed);
      request(plant, "upstream_error", header, killed);
      request(plant, "broker_request_ack", header, killed);
    }
  }

  /** Requests that nobody is bound for. */
  void requestsWithAnUnknownKey() {
    request(plant, "upstream_response", "none", ProcessId.parse(UNKNOWN_BROKER));
    request(plant, "upstream_error", "none", ProcessId.parse(UNKNOWN_BROKER));
  }

  private static void request(Tenant tenant, String exchange, String header, ProcessId broker) {
    ClientRequest request =
        Events.request(
            tenant.id(), TenantScene.FOREIGN, exchange + "/" + tenant.user() + "/" + header);
    String key = Topology.targetKey(TenantScene.FOREIGN, tenant.id());
    tenant.tries(
        header + " on " + exchange,
        channel ->
            tenant.publish(
                channel, exchange, key, request, Map.of(header, List.of(broker.toString()))));
  }

  /**
   * Dispatches that plant made up and that seem to come back, by each way that its own inbox has.
   *
   * @param client who is said to have sent the requests, and who would be told that they never ran
   */
  void dispatchesMadeUpByPlant(ProcessId client) {
    String inbox = scene.plantsInbox(Map.of("x-message-ttl", 0));
    String entrance = plant.exchangeFor(inbox);
    ProcessId killed = scene.killedBroker();
    ProcessId unknown = ProcessId.parse(UNKNOWN_BROKER);
    for (ProcessId broker : List.of(scene.brokerIds().get(0), killed, unknown)) {
      BrokerRequest forged = Events.dispatch(Events.request(client, Tenant.TARGET, "x"), broker);
      Map<String, Object> header = Map.of(Topology.BROKER_ID_HEADER, broker.toString());
      plant.does(channel -> plant.publish(channel, entrance, "", forged, header));
      for (String exchange : List.of("upstream_response", "upstream_error")) {
        plant.does(channel -> plant.publish(channel, exchange, broker.toString(), forged, header));
      }
    }
  }

  /**
   * The dispatches that brokers send to plant, which then are dead letters and orphans, too.
   *
   * <p>plant's exchanges and bindings make copies of what it is sent, signed by the broker.
   */
  void dispatchesOfBrokersAsOrphans() {
    for (String exchange : List.of("upstream_response", "upstream_error", "upstream_heartbeat")) {
      Map<String, Object> arguments = new HashMap<>();
      arguments.put("x-message-ttl", 0);
      arguments.put("x-dead-letter-exchange", exchange);
      arguments.put("x-dead-letter-routing-key", UNKNOWN_BROKER);
      String copies = plant.queue(arguments);
      plant.does(
          channel -> {
            channel.queueBind(copies, "broker_request", key(plant));
            channel.queueBind(copies, "broker_hello", "");
            channel.exchangeBind(exchange, "broker_request", key(plant));
            channel.exchangeBind(exchange, "broker_hello", "");
          });
    }
  }

  /** Has acme ask for its own target, so that brokers dispatch to plant. */
  void askForOwnTarget(int requests) {
    acme.does(
        channel -> {
          for (int i = 0; i < requests; i++) {
            Event request = Events.request(acme.id(), Tenant.TARGET, "POST", "own/" + i);
            acme.publish(channel, "client_request", key(acme), request, Map.of());
          }
        });
  }

  private static String key(Tenant tenant) {
    return Topology.targetKey(Tenant.TARGET, tenant.id());
  }
}
