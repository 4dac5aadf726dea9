package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The topology that RabbitMQ should have: {@code rabbitmq/definitions.json}, which the build puts
 * into the jar, or the variant for a cluster.
 */
final class Definitions {

  private static final String SINGLE = "/rabbitmq/definitions.json";
  private static final String CLUSTER = "/rabbitmq/definitions-cluster.json";

  private final JsonNode root;

  private Definitions(String resource) {
    try (InputStream in = Definitions.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + resource);
      }
      this.root = new JsonMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the definitions for a cluster of so many nodes. */
  static Definitions forNodes(int nodes) {
    return new Definitions(nodes > 1 ? CLUSTER : SINGLE);
  }

  List<JsonNode> exchanges() {
    return list("exchanges");
  }

  List<JsonNode> queues() {
    return list("queues");
  }

  List<JsonNode> policies() {
    return list("policies");
  }

  /** Returns the bindings of an exchange. */
  List<JsonNode> bindingsOf(String exchange) {
    return list("bindings").stream()
        .filter(binding -> binding.path("source").asText().equals(exchange))
        .toList();
  }

  /** Returns the names of all exchanges and queues. */
  Set<String> names() {
    Set<String> names = new TreeSet<>();
    exchanges().forEach(exchange -> names.add(exchange.path("name").asText()));
    queues().forEach(queue -> names.add(queue.path("name").asText()));
    return names;
  }

  private List<JsonNode> list(String key) {
    List<JsonNode> elements = new ArrayList<>();
    root.path(key).forEach(elements::add);
    return elements;
  }
}
