package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.sources.ManagementClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Answers of RabbitMQ's management API. Asks for each page once. Thread-safe. */
final class ManagementFacts {

  /** Fields of a queue that the checks read; RabbitMQ would send twenty times as much. */
  static final String QUEUE_FIELDS =
      String.join(
          ",",
          "name",
          "type",
          "durable",
          "auto_delete",
          "arguments",
          "consumers",
          "messages_ready",
          "messages_unacknowledged",
          "message_stats.ack_details.rate",
          "policy",
          "members",
          "online");

  /** RabbitMQ's management API. Its methods throw an exception with the reason of a failure. */
  interface Api {

    /** Returns the answer to a GET. */
    JsonNode get(String path);

    /** Returns the reason why a health check of RabbitMQ fails; empty if it succeeds. */
    Optional<String> failedCheck(String check);
  }

  private final String address;
  private final String vhost;
  private final Api api;
  private final Once<Optional<String>> alarm;
  private final Map<String, Once<JsonNode>> pages = new ConcurrentHashMap<>();

  /**
   * @param address address for messages
   */
  ManagementFacts(String address, String vhost, Api api) {
    this.address = address;
    this.vhost = vhost;
    this.api = api;
    this.alarm = new Once<>(() -> api.failedCheck("alarms"));
  }

  String address() {
    return address;
  }

  String vhost() {
    return vhost;
  }

  String version() throws Exception {
    return page("/api/overview").path("rabbitmq_version").asText();
  }

  /** Returns the user of the login. */
  String user() throws Exception {
    return page("/api/whoami").path("name").asText();
  }

  /** Returns the tags of the login's user. */
  Set<String> tags() throws Exception {
    return tags(page("/api/whoami"));
  }

  /** Returns the tags of a user. RabbitMQ 3.8 has them in one string with commas. */
  static Set<String> tags(JsonNode user) {
    JsonNode tags = user.path("tags");
    return tags.isArray()
        ? elements(tags).stream().map(JsonNode::asText).collect(Collectors.toSet())
        : Set.of(tags.asText().split(",", -1));
  }

  /** Returns RabbitMQ's words if an alarm is in effect. The list of nodes is seconds older. */
  Optional<String> alarm() throws Exception {
    return alarm.get();
  }

  List<JsonNode> nodes() throws Exception {
    return list("/api/nodes");
  }

  /** Returns the number of nodes; 1 if the login may not list them. */
  int clusterSize() throws Exception {
    try {
      return nodes().size();
    } catch (SkippedException e) {
      return 1;
    }
  }

  List<JsonNode> exchanges() throws Exception {
    return list("/api/exchanges/" + encodedVhost());
  }

  /** Returns the queues of the vhost, with {@link #QUEUE_FIELDS} only. */
  List<JsonNode> queues() throws Exception {
    return list("/api/queues/" + encodedVhost() + "?columns=" + QUEUE_FIELDS);
  }

  /** Returns source and destination of all bindings of the vhost. */
  List<JsonNode> bindings() throws Exception {
    return list("/api/bindings/" + encodedVhost() + "?columns=source,destination");
  }

  List<JsonNode> bindings(String exchange) throws Exception {
    return list(
        "/api/exchanges/%s/%s/bindings/source"
            .formatted(encodedVhost(), ManagementClient.encoded(exchange)));
  }

  List<JsonNode> policies() throws Exception {
    return list("/api/policies/" + encodedVhost());
  }

  List<JsonNode> users() throws Exception {
    return list("/api/users");
  }

  /** Returns the limits of the users that have any: {@code user} and {@code value}. */
  List<JsonNode> userLimits() throws Exception {
    return list("/api/user-limits");
  }

  /** Returns RabbitMQ's open ports: {@code protocol}, {@code ip_address} and {@code port}. */
  List<JsonNode> listeners() throws Exception {
    return elements(page("/api/overview").path("listeners"));
  }

  /** Returns the permissions of all users in all vhosts. */
  List<JsonNode> permissions() throws Exception {
    return list("/api/permissions");
  }

  /** Returns the topic permissions of all users in the vhost. */
  List<JsonNode> topicPermissions() throws Exception {
    return list("/api/vhosts/" + encodedVhost() + "/topic-permissions");
  }

  /** Returns the node of a queue in the vhost that has just been declared. */
  String nodeOfQueue(String queue) {
    String path = "/api/queues/" + encodedVhost() + '/' + ManagementClient.encoded(queue);
    return api.get(path + "?columns=node").path("node").asText();
  }

  private String encodedVhost() {
    return ManagementClient.encoded(vhost);
  }

  private List<JsonNode> list(String path) throws Exception {
    return elements(permittedPage(path));
  }

  private static List<JsonNode> elements(JsonNode array) {
    List<JsonNode> elements = new ArrayList<>();
    array.forEach(elements::add);
    return elements;
  }

  private JsonNode page(String path) throws Exception {
    return pages.computeIfAbsent(path, each -> new Once<>(() -> api.get(each))).get();
  }

  /**
   * Returns a page for which the login may lack the tag.
   *
   * @throws SkippedException if RabbitMQ refuses the page
   */
  private JsonNode permittedPage(String path) throws Exception {
    try {
      return page(path);
    } catch (CommandFailedException e) {
      if (e.getMessage().contains(" refuses the user ")) {
        throw new SkippedException(
            "the management login of user %s may not read %s: it lacks a tag, such as administrator"
                .formatted(user(), path.replaceFirst("\\?.*", "")));
      }
      throw e;
    }
  }
}
