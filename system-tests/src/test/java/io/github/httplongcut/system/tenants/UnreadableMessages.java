package io.github.httplongcut.system.tenants;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.ProcessId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Messages with AMQP headers that RabbitMQ passes on and the Java client cannot read. */
final class Unreadable {

  private static final byte[] CONTENT = "{}".getBytes(StandardCharsets.UTF_8);
  private static final int TOO_DEEP = 40;
  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantScene scene;

  Unreadable(TenantScene scene) {
    this.scene = scene;
  }

  private static Map<String, byte[]> tables() {
    Map<String, byte[]> tables = new LinkedHashMap<>();
    tables.put("nested", RawAmqp.nested(TOO_DEEP));
    tables.put("type L", RawAmqp.table(RawAmqp.field("n", 'L', new byte[8])));
    return tables;
  }

  private void send(Tenant tenant, String exchange, String key, String type) throws IOException {
    for (byte[] table : tables().values()) {
      try (RawAmqp amqp = new RawAmqp(scene.rabbitMq(), tenant.user())) {
        amqp.publish(exchange, key, type, tenant.user(), table, CONTENT);
      }
    }
  }

  /** An answer for a broker that nobody knows. */
  void anAnswerThatBecomesAnOrphan() throws IOException {
    send(scene.plant(), "upstream_response", UNKNOWN_BROKER, "upstream_response");
  }

  /** What plant may send to one broker. */
  void messagesToABroker() throws IOException {
    String broker = scene.brokerIds().get(0).toString();
    for (String exchange :
        new String[] {"upstream_response", "upstream_error", "broker_request_ack"}) {
      send(scene.plant(), exchange, broker, exchange);
    }
    send(scene.acme(), "client_cancel", broker, "client_cancel");
  }

  /** Heartbeats of plant's own. */
  void heartbeats() throws IOException {
    ProcessId id = scene.plant().id();
    send(
        scene.plant(),
        "upstream_heartbeat",
        Topology.targetKey(Tenant.TARGET, id),
        "upstream_heartbeat");
  }

  /** Requests for acme's own target. */
  void requests() throws IOException {
    ProcessId id = scene.acme().id();
    send(scene.acme(), "client_request", Topology.targetKey(Tenant.TARGET, id), "client_request");
  }

  /** Requests that expire, and would come to the inbox of that foreign client agent. */
  void requestsThatComeBackTo(ProcessId foreignClientAgent) throws IOException {
    Tenant acme = scene.acme();
    String entrance = acme.exchange("topic", Map.of());
    acme.does(channel -> channel.exchangeBind("client_request", entrance, "#"));
    String key = Topology.targetKey(Tenant.TARGET, foreignClientAgent);
    send(acme, entrance, key, "client_request");
  }
}
