package io.github.httplongcut.cli.grant;

import static io.github.httplongcut.cli.sources.ManagementClient.encoded;

import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.sources.StubServer;
import java.util.List;

/** Pages of the names of queues and exchanges in the vhost longcut, as RabbitMQ answers them. */
final class NamePages {

  private static final List<String> OF_A_CLIENT_AGENT =
      List.of(
          "broker_error",
          "broker_response",
          "client_cancel",
          "client_request",
          "client_request_ack",
          "client_request_undelivered");

  private static final List<String> OF_A_BROKER =
      List.of(
          "broker_cancel",
          "broker_error",
          "broker_hello",
          "broker_request",
          "broker_request_ack",
          "broker_request_undelivered",
          "broker_response",
          "broker_status",
          "client_cancel",
          "client_request",
          "client_request_ack",
          "orphan",
          "upstream_error",
          "upstream_heartbeat",
          "upstream_response");

  /** Expression for the names of acme's queues and exchanges. */
  static final String OF_ACME =
      "^(client-agent\\.|upstream-agent\\.|broker\\.|heartbeats\\.)acme\\.";

  private NamePages() {}

  /** Returns the path and query of a page. */
  static String path(String vhost, String kind, String expression, int page) {
    return "/api/%s/%s?page=%d&page_size=500&use_regex=true&name=%s&columns=name"
        .formatted(kind, vhost, page, encoded(expression));
  }

  /** Returns the answer with these names. */
  static String items(List<String> names) {
    var answer = JsonOutput.object();
    var items = answer.putArray("items");
    names.forEach(name -> items.addObject().put("name", name));
    return answer.toString();
  }

  /** Gives the vhost what a client agent needs, except the names in {@code missing}. */
  static void topology(StubServer rabbitMq, String... missing) {
    topology(rabbitMq, OF_A_CLIENT_AGENT, List.of(missing));
  }

  /** Gives the vhost what a broker needs. */
  static void topologyOfABroker(StubServer rabbitMq) {
    topology(rabbitMq, OF_A_BROKER, List.of());
  }

  private static void topology(StubServer rabbitMq, List<String> needed, List<String> missing) {
    String expression = "^(" + String.join("|", needed) + ")$";
    List<String> names = needed.stream().filter(name -> !missing.contains(name)).toList();
    rabbitMq.answer(path("longcut", "exchanges", expression, 1), 200, items(names));
    rabbitMq.answer(path("longcut", "queues", expression, 1), 200, items(List.of()));
  }
}
