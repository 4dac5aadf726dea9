package io.github.httplongcut.system.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Checks that {@code rabbitmq/definitions-cluster.json} equals {@code definitions.json} but for
 * quorum queues. The script {@code rabbitmq/make-definitions-cluster} generates it.
 */
class ClusterDefinitionsTest {

  private static final Map<String, Integer> DELIVERY_LIMITS =
      Map.of("client_request", 0, "orphan", 20);

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void onlySharedQueuesDiffer() throws IOException {
    JsonNode expected = json.readTree(Checkout.file("rabbitmq/definitions.json").toFile());
    for (JsonNode queue : expected.get("queues")) {
      ((ObjectNode) queue.get("arguments"))
          .put("x-queue-type", "quorum")
          .put("x-delivery-limit", DELIVERY_LIMITS.get(queue.get("name").textValue()));
    }

    assertThat(json.readTree(Checkout.file("rabbitmq/definitions-cluster.json").toFile()))
        .isEqualTo(expected);
  }
}
