package io.github.httplongcut.system.tenants;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Attacks with messages in the queue {@code orphan}, which brokers once trusted. A message gets
 * there from the inbox of a broker that has ended, or through the alternate exchange if its key is
 * unknown.
 */
final class OrphanAttacks {

  /** A key of no broker. On exchanges without topic permissions, tenants may use any key. */
  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantTestbed testbed;
  private final Tenant acme;
  private final Tenant plant;

  OrphanAttacks(TenantTestbed testbed) {
    this.testbed = testbed;
    this.acme = testbed.acme();
    this.plant = testbed.plant();
  }

  /** Sends requests with a foreign key that expire in the inbox of a killed broker. */
  void requestsThatDieInABrokersInbox() {
    ProcessId killed = testbed.killedBroker();
    for (String header : List.of("CC", "BCC")) {
      request(acme, "client_cancel", header, killed);
      request(plant, "upstream_response", header, killed);
      request(plant, "upstream_error", header, killed);
      request(plant, "broker_request_ack", header, killed);
    }
  }

  /** Sends requests with a key for which no queue is bound. */
  void requestsWithAnUnknownKey() {
    request(plant, "upstream_response", "none", ProcessId.parse(UNKNOWN_BROKER));
    request(plant, "upstream_error", "none", ProcessId.parse(UNKNOWN_BROKER));
  }

  private static void request(Tenant tenant, String exchange, String header, ProcessId broker) {
    ClientRequest request =
        TenantEvents.request(
            tenant.id(), TenantTestbed.FOREIGN, exchange + "/" + tenant.user() + "/" + header);
    String key = Topology.targetKey(TenantTestbed.FOREIGN, tenant.id());
    tenant.attempt(
        header + " on " + exchange,
        channel ->
            tenant.publish(
                channel, exchange, key, request, Map.of(header, List.of(broker.toString()))));
  }

  /**
   * Sends forged dispatches of plant that look like returned ones: as dead letters of plant's
   * inbox, and directly to brokers.
   *
   * @param client the alleged sender of the requests, to which brokers would report that they never
   *     ran
   */
  void forgedDispatches(ProcessId client) {
    String inbox = testbed.plantsInbox(Map.of("x-message-ttl", 0));
    String feedExchange = plant.exchangeFor(inbox);
    ProcessId killed = testbed.killedBroker();
    ProcessId unknown = ProcessId.parse(UNKNOWN_BROKER);
    for (ProcessId broker : List.of(testbed.brokerIds().get(0), killed, unknown)) {
      BrokerRequest forged =
          TenantEvents.dispatch(TenantEvents.request(client, Tenant.TARGET, "x"), broker);
      Map<String, Object> header = Map.of(Topology.BROKER_ID_HEADER, broker.toString());
      plant.run(channel -> plant.publish(channel, feedExchange, "", forged, header));
      for (String exchange : List.of("upstream_response", "upstream_error")) {
        plant.run(channel -> plant.publish(channel, exchange, broker.toString(), forged, header));
      }
    }
  }

  /**
   * Turns the dispatches that brokers send to plant into dead letters and orphans as well. Plant's
   * queues and bindings make copies, which carry the broker's {@code user-id}.
   */
  void dispatchesOfBrokersAsOrphans() {
    for (String exchange : List.of("upstream_response", "upstream_error", "upstream_heartbeat")) {
      Map<String, Object> arguments = new HashMap<>();
      arguments.put("x-message-ttl", 0);
      arguments.put("x-dead-letter-exchange", exchange);
      arguments.put("x-dead-letter-routing-key", UNKNOWN_BROKER);
      String copies = plant.queue(arguments);
      plant.run(
          channel -> {
            channel.queueBind(copies, "broker_request", key(plant));
            channel.queueBind(copies, "broker_hello", "");
            channel.exchangeBind(exchange, "broker_request", key(plant));
            channel.exchangeBind(exchange, "broker_hello", "");
          });
    }
  }

  /** Sends requests of acme for its own target, so that brokers dispatch to plant. */
  void requestOwnTarget(int requests) {
    acme.run(
        channel -> {
          for (int i = 0; i < requests; i++) {
            Event request = TenantEvents.request(acme.id(), Tenant.TARGET, "POST", "own/" + i);
            acme.publish(channel, "client_request", key(acme), request, Map.of());
          }
        });
  }

  private static String key(Tenant tenant) {
    return Topology.targetKey(Tenant.TARGET, tenant.id());
  }
}
