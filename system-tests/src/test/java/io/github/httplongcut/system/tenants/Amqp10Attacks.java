package io.github.httplongcut.system.tenants;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Attacks with AMQP 1.0 messages, which RabbitMQ 4 converts to AMQP 0-9-1 for consumers. */
final class Amqp10Attacks {

  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantTestbed testbed;
  private final Tenant acme;
  private final Tenant plant;

  Amqp10Attacks(TenantTestbed testbed) {
    this.testbed = testbed;
    this.acme = testbed.acme();
    this.plant = testbed.plant();
  }

  private static byte[] honest(Tenant tenant) {
    return RawAmqp10.properties(tenant.user(), RawAmqp10.symbol("application/json"));
  }

  private void send(Tenant tenant, String exchange, String key, Event event, byte[]... sections)
      throws IOException {
    String type = event.type().wireName();
    byte[] annotations =
        sections.length > 0
            ? sections[0]
            : RawAmqp10.annotation("x-basic-type", RawAmqp10.text(type));
    try (RawAmqp10 amqp = new RawAmqp10(testbed.rabbitMq(), tenant.user(), exchange, key)) {
      amqp.send(annotations, honest(tenant), RawAmqp10.data(EventCodec.encode(event)));
    } catch (IOException e) {
      tenant.refusals().add("AMQP 1.0 to " + exchange + ": " + e.getMessage());
    }
  }

  private static String foreign(Tenant tenant) {
    return Topology.targetKey(TenantTestbed.FOREIGN, tenant.id());
  }

  /**
   * Sends requests and heartbeats with foreign keys: directly, as dead letters and through
   * bindings; and a request as an orphan.
   */
  void foreignRequestsAndHeartbeats() throws IOException {
    Event request = TenantEvents.request(acme.id(), TenantTestbed.FOREIGN, "amqp10");
    send(acme, "client_request", foreign(acme), request);
    send(acme, "client_request", Topology.targetKey(Tenant.TARGET, acme.id()), request);
    for (String type : new String[] {"classic", "quorum"}) {
      Map<String, Object> dead = new HashMap<>();
      dead.put("x-queue-type", type);
      dead.put("x-message-ttl", 0);
      dead.put("x-dead-letter-exchange", "client_request");
      dead.put("x-dead-letter-routing-key", foreign(acme));
      send(acme, acme.exchangeFor(acme.queue(dead)), "any", request);
    }
    String bound = acme.exchange("topic", Map.of());
    acme.run(channel -> channel.exchangeBind("client_request", bound, "#"));
    send(acme, bound, foreign(acme), request);
    String sourceQueue =
        plant.exchangeFor(
            plant.queue(
                Map.of("x-message-ttl", 0, "x-dead-letter-exchange", "upstream_heartbeat")));
    Map<String, Event> heartbeats = new LinkedHashMap<>();
    for (int i = 0; i < 5; i++) {
      ProcessId id = plant.newId();
      heartbeats.put(
          Topology.targetKey(TenantTestbed.FOREIGN, id),
          TenantEvents.heartbeat(id, TenantTestbed.FOREIGN, 100, 2_000));
    }
    for (Map.Entry<String, Event> each : heartbeats.entrySet()) {
      send(plant, sourceQueue, each.getKey(), each.getValue());
      send(plant, "upstream_heartbeat", each.getKey(), each.getValue());
    }
    send(
        plant,
        "upstream_response",
        UNKNOWN_BROKER,
        TenantEvents.request(plant.id(), "echo", "orphan"));
  }

  /** Sends messages that RabbitMQ accepts but cannot convert to AMQP 0-9-1. */
  void messagesThatCannotBeConverted() throws IOException {
    byte[] uuid = RawAmqp10.property("p", RawAmqp10.uuid());
    byte[] empty = RawAmqp10.data(new byte[2]);
    try (RawAmqp10 amqp =
        new RawAmqp10(testbed.rabbitMq(), plant.user(), "upstream_response", UNKNOWN_BROKER)) {
      amqp.send(honest(plant), uuid, empty);
    }
    String key = Topology.targetKey(Tenant.TARGET, acme.id());
    try (RawAmqp10 amqp = new RawAmqp10(testbed.rabbitMq(), acme.user(), "client_request", key)) {
      amqp.send(honest(acme), uuid, empty);
    }
  }
}
