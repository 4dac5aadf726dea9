package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.cli.output.Layout;

/** Answers of brokers and of RabbitMQ, as the documentation shows them. */
final class StatusFixture {

  static final Layout TERMINAL = new Layout(Colours.HIDDEN, 80, 40);

  static final String OVERVIEW =
      """
      {"rabbitmq_version": "3.10.8", "product_version": "3.10.8", "cluster_name": "c", "node": "longcut@localhost"}
      """;

  static final String NODES =
      """
      [{"name": "longcut@localhost", "running": true, "mem_used": 104857600, "disk_free": 21474836480,
        "mem_alarm": false, "disk_free_alarm": false}]
      """;

  static final String QUEUES_PATH =
      "/api/queues/longcut?columns=name,messages_ready,messages_unacknowledged,consumers";

  static final String QUEUES =
      """
      [{"name": "client_request", "messages_ready": 0, "messages_unacknowledged": 2, "consumers": 1},
       {"name": "orphan", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1},
       {"name": "broker.broker.broker-1-k3v7qa", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1},
       {"name": "heartbeats.broker.broker-1-k3v7qa", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1},
       {"name": "client-agent.client-agent.client-agent-1-aaaaaa", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1},
       {"name": "upstream-agent.upstream-agent.upstream-agent-1-bbbbbb", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1},
       {"name": "upstream-agent.upstream-agent.upstream-agent-2-cccccc", "messages_ready": 1, "messages_unacknowledged": 2, "consumers": 1}]
      """;

  static final String TARGET =
      """
      {"name": "orders", "state": "ok", "reason": "", "served": true, "agents": 1, "capacity": 4, "free": 2,
       "in_flight": 2, "waiting": 0, "answered": 123, "failed": 4}
      """;

  static final String AGENT =
      """
      {"id": "plant.plant-1-x2m4cd", "user": "plant", "target": "orders", "state": "ready", "standing": "good",
       "capacity": 4, "in_flight": 2, "free": 2, "last_heard_ms": 120, "version": "0.1.0", "reason": ""}
      """;

  static final String CLIENT =
      """
      {"id": "acme.shop-1-k3v7qa", "user": "acme", "last_request_ms": 120, "requests": 12}
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  private StatusFixture() {}

  /** Returns a broker's page with one target, one upstream agent and one client agent. */
  static String broker(String name) {
    return broker(name, TARGET, AGENT, CLIENT);
  }

  static String broker(String name, String targets, String agents, String clients) {
    return """
        {"process": {"role": "broker", "id": "broker.%s", "name": "%s", "version": "0.1.0",
                     "now": "2026-11-29T18:00:01.500Z", "ready": true},
         "taken_at": "2026-11-29T18:00:01.000Z",
         "rabbitmq": {"state": "up", "detail": ""},
         "intake": {"state": "open", "detail": ""},
         "requests": {"waiting": 1, "settling": 0, "dispatched": 1, "running": 2, "max_in_flight": 4000, "max_waiting": 1000},
         "targets": [%s], "upstream_agents": [%s], "client_agents": [%s],
         "truncated": {"targets": 0, "upstream_agents": 0}}
        """
        .formatted(name, name, targets, agents, clients);
  }

  static BrokerView view(String address, String page) {
    try {
      return new BrokerView(address, JSON.readTree(page));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
