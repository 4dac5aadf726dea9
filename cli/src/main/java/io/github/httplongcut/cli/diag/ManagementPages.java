package io.github.httplongcut.cli.diag;

import io.github.httplongcut.cli.sources.ManagementClient;
import java.util.LinkedHashMap;
import java.util.Map;

/** Pages of RabbitMQ's management API for the archive. None contains a message. */
final class ManagementPages {

  private static final String QUEUE_FIELDS =
      String.join(
          ",",
          "name",
          "type",
          "state",
          "durable",
          "arguments",
          "policy",
          "node",
          "leader",
          "members",
          "online",
          "consumers",
          "memory",
          "messages_ready",
          "messages_unacknowledged",
          "message_stats");

  private ManagementPages() {}

  /** Returns the paths, by the names in the archive. */
  static Map<String, String> of(String vhost) {
    String encoded = ManagementClient.encoded(vhost);
    Map<String, String> pages = new LinkedHashMap<>();
    pages.put("overview.json", "/api/overview");
    pages.put("nodes.json", "/api/nodes");
    pages.put("exchanges.json", "/api/exchanges/" + encoded);
    pages.put("queues.json", "/api/queues/" + encoded + "?columns=" + QUEUE_FIELDS);
    pages.put("bindings.json", "/api/bindings/" + encoded);
    pages.put("policies.json", "/api/policies/" + encoded);
    pages.put("users.json", "/api/users");
    pages.put("permissions.json", "/api/permissions");
    pages.put("topic-permissions.json", "/api/topic-permissions");
    return pages;
  }
}
