package io.github.httplongcut.system.tenants;

import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Attacks with AMQP headers that RabbitMQ passes on but the Java client cannot parse. */
final class UnreadableMessages {

  private static final byte[] CONTENT = "{}".getBytes(StandardCharsets.UTF_8);
  private static final int TOO_DEEP = 40;
  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantTestbed testbed;

  UnreadableMessages(TenantTestbed testbed) {
    this.testbed = testbed;
  }

  private static Map<String, byte[]> tables() {
    Map<String, byte[]> tables = new LinkedHashMap<>();
    tables.put("nested", RawAmqp.nested(TOO_DEEP));
    tables.put("type L", RawAmqp.table(RawAmqp.field("n", 'L', new byte[8])));
    return tables;
  }

  private void send(Tenant tenant, String exchange, String key, String type) throws IOException {
    for (byte[] table : tables().values()) {
      try (RawAmqp amqp = new RawAmqp(testbed.rabbitMq(), tenant.user())) {
        amqp.publish(exchange, key, type, tenant.user(), table, CONTENT);
      }
    }
  }

  /** Sends a response to an unknown broker. */
  void responseThatBecomesAnOrphan() throws IOException {
    send(testbed.plant(), "upstream_response", UNKNOWN_BROKER, "upstream_response");
  }

  /** Sends messages of all types that tenants may send to a single broker. */
  void messagesToABroker() throws IOException {
    String broker = testbed.brokerIds().get(0).toString();
    for (String exchange :
        new String[] {"upstream_response", "upstream_error", "broker_request_ack"}) {
      send(testbed.plant(), exchange, broker, exchange);
    }
    send(testbed.acme(), "client_cancel", broker, "client_cancel");
  }

  /** Sends heartbeats of the tenant plant for its own target. */
  void heartbeats() throws IOException {
    ProcessId id = testbed.plant().id();
    send(
        testbed.plant(),
        "upstream_heartbeat",
        Topology.targetKey(Tenant.TARGET, id),
        "upstream_heartbeat");
  }

  /** Sends requests for acme's own target. */
  void requests() throws IOException {
    ProcessId id = testbed.acme().id();
    send(testbed.acme(), "client_request", Topology.targetKey(Tenant.TARGET, id), "client_request");
  }

  /**
   * Sends requests that expire, and whose dead letters would reach the inbox of a foreign client
   * agent.
   */
  void requestsThatReturnTo(ProcessId foreignClientAgent) throws IOException {
    Tenant acme = testbed.acme();
    String feedExchange = acme.exchange("topic", Map.of());
    acme.run(channel -> channel.exchangeBind("client_request", feedExchange, "#"));
    String key = Topology.targetKey(Tenant.TARGET, foreignClientAgent);
    send(acme, feedExchange, key, "client_request");
  }
}
