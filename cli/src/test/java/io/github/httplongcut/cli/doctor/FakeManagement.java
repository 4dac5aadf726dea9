package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Management API of a RabbitMQ with the definitions and the demo's users, until a test changes a
 * page.
 */
final class FakeManagement {

  private static final JsonMapper JSON = new JsonMapper();

  private final Map<String, JsonNode> pages = new HashMap<>();

  /** Words of RabbitMQ about an alarm. */
  Optional<String> alarm = Optional.empty();

  private final Set<String> refused = new HashSet<>();
  private RuntimeException failure;

  FakeManagement() {
    page("/api/whoami", "{\"name\": \"admin\", \"tags\": [\"administrator\"]}");
    page("/api/overview", "{\"rabbitmq_version\": \"3.10.8\"}");
    page("/api/user-limits", "[]");
    page("/api/nodes", "[" + node("rabbit@mq-1", true) + "]");
    Definitions definitions = Definitions.forNodes(1);
    set("/api/exchanges/longcut", definitions.exchanges());
    set(queuesPath(), definitions.queues());
    set("/api/policies/longcut", definitions.policies());
    for (String exchange : List.of("client_request", "orphan")) {
      set(
          "/api/exchanges/longcut/" + exchange + "/bindings/source",
          definitions.bindingsOf(exchange));
    }
    page("/api/bindings/longcut?columns=source,destination", "[]");
    JsonNode users = parsed(file("demo-users.json"));
    pages.put("/api/users", users.path("users"));
    pages.put("/api/permissions", users.path("permissions"));
    pages.put("/api/vhosts/longcut/topic-permissions", users.path("topic_permissions"));
  }

  static String node(String name, boolean running) {
    return """
    {"name": "%s", "running": %s, "partitions": [], "mem_alarm": false, "disk_free_alarm": false,
     "mem_used": 104857600, "mem_limit": 1073741824, "disk_free": 52428800,
     "disk_free_limit": 104857600}\
    """
        .formatted(name, running);
  }

  /** Replaces a page. */
  FakeManagement page(String path, String json) {
    pages.put(path, parsed(json));
    return this;
  }

  /** Makes a page fail as for a login without the tag. */
  void refuse(String path) {
    pages.remove(path);
    refused.add(path);
  }

  /** Makes all pages fail. */
  void failWith(RuntimeException exception) {
    failure = exception;
  }

  private void set(String path, List<JsonNode> elements) {
    ArrayNode array = JSON.createArrayNode();
    elements.forEach(each -> array.add(each.<JsonNode>deepCopy()));
    pages.put(path, array);
  }

  static String queuesPath() {
    return "/api/queues/longcut?columns=" + ManagementFacts.QUEUE_FIELDS;
  }

  /** Returns the element of a list whose field has the value, to be changed. */
  ObjectNode element(String path, String field, String value) {
    for (JsonNode each : pages.get(path)) {
      if (each.path(field).asText().equals(value)) {
        return (ObjectNode) each;
      }
    }
    throw new AssertionError("no " + value + " in " + path);
  }

  /** Removes the elements of a list whose field has the value. */
  void remove(String path, String field, String value) {
    ArrayNode kept = JSON.createArrayNode();
    for (JsonNode each : pages.get(path)) {
      if (!each.path(field).asText().equals(value)) {
        kept.add(each);
      }
    }
    pages.put(path, kept);
  }

  /** Adds an element to a list. */
  void add(String path, String json) {
    ((ArrayNode) pages.get(path)).add(parsed(json));
  }

  ManagementFacts facts() {
    return new ManagementFacts(
        "http://127.0.0.1:15672",
        "longcut",
        new ManagementFacts.Api() {
          @Override
          public JsonNode get(String path) {
            return FakeManagement.this.get(path);
          }

          @Override
          public Optional<String> failedCheck(String check) {
            return alarm;
          }
        });
  }

  private JsonNode get(String path) {
    if (failure != null) {
      throw failure;
    }
    if (refused.contains(path)) {
      throw new CommandFailedException("RabbitMQ refuses the user 'admin' with status 401");
    }
    JsonNode page = pages.get(path);
    if (page == null) {
      throw new CommandFailedException("no page " + path);
    }
    return page;
  }

  private static String file(String name) {
    try {
      return Files.readString(Path.of(System.getProperty("longcut.root"), "rabbitmq", name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode parsed(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }
}
