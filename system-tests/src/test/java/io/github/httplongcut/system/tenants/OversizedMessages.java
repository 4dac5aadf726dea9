package io.github.httplongcut.system.tenants;

import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntFunction;

/** Messages that are larger than any honest process would send (WireLimits). */
final class BigThings {

  private static final int HEADERS = 200_000;
  private static final int EVENTS = 60_000;
  private static final int MIB = 1 << 20;
  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantScene scene;
  private final Tenant acme;
  private final Tenant plant;

  BigThings(TenantScene scene) {
    this.scene = scene;
    this.acme = scene.acme();
    this.plant = scene.plant();
  }

  /** Does that while RabbitMQ takes messages of the size that RabbitMQ 3 takes by default. */
  void whileLargeMessagesPass(Runnable attack) {
    String before =
        scene
            .rabbitMq()
            .ctl("eval", "{ok, Size} = application:get_env(rabbit, max_message_size), Size.");
    setMaxMessageSize(Integer.toString(128 * MIB));
    try {
      attack.run();
    } finally {
      setMaxMessageSize(before.strip());
    }
  }

  /** For channels that are opened from now on: 3.10 reads the setting, 4.3 a copy of it. */
  private void setMaxMessageSize(String bytes) {
    String unused =
        scene
            .rabbitMq()
            .ctl(
                "eval",
                "application:set_env(rabbit, max_message_size, %s), ".formatted(bytes)
                    + "persistent_term:put(max_message_size, %s).".formatted(bytes));
  }

  private static String targetKey(Tenant tenant) {
    return Topology.targetKey(Tenant.TARGET, tenant.id());
  }

  private static void send(
      Tenant tenant, String exchange, String key, String type, String body, int times) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    tenant.tries(
        bytes.length + " bytes",
        channel -> {
          for (int i = 0; i < times; i++) {
            channel.basicPublish(exchange, key, tenant.properties(type).build(), bytes);
          }
        });
  }

  /** A request for acme's own target, as JSON, with these fields of its own behind the ids. */
  private String request(String method, String url, String headers, String more) {
    return "{\"client_id\":\"%s\",\"client_req_id\":\"%s\",\"client_req_ttl\":9000,\"upstream_target\":\"%s\",\"method\":\"%s\",\"url\":\"%s\",\"headers\":{%s}%s}"
        .formatted(acme.id(), UUID.randomUUID(), Tenant.TARGET, method, url, headers, more);
  }

  /** An answer to a request that nobody knows, as JSON. */
  private String answer(String headers, String more) {
    return "{\"client_id\":\"%s\",\"client_req_id\":\"%s\",\"broker_req_id\":\"%s\",\"upstream_req_id\":\"%s\",\"status_code\":200,\"headers\":{%s}%s}"
        .formatted(
            acme.id(), UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID(), headers, more);
  }

  private static String repeat(int times, IntFunction<String> what) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < times; i++) {
      all.append(i == 0 ? "" : ",").append(what.apply(i));
    }
    return all.toString();
  }

  private static String headers(int number) {
    return repeat(number, i -> "\"h" + i + "\":[\"\"]");
  }

  /** Requests with very many header names, GET and POST. */
  void requestsWithManyHeaders() {
    for (String method : new String[] {"GET", "POST"}) {
      String big = request(method, "/stolen", headers(HEADERS), "");
      send(acme, "client_request", targetKey(acme), "client_request", big, 2);
    }
  }

  /** Answers with very many header names, for a broker that is there and one that is not. */
  void answersWithManyHeaders() {
    String big = answer(headers(HEADERS), "");
    String broker = scene.brokerIds().get(0).toString();
    send(plant, "upstream_response", broker, "upstream_response", big, 2);
    send(plant, "upstream_response", UNKNOWN_BROKER, "upstream_response", big, 2);
  }

  /** Messages of very many events. */
  void messagesOfManyEvents() {
    String requests = repeat(EVENTS, i -> request("GET", "/stolen", "", ""));
    send(acme, "client_request", targetKey(acme), "client_request", "[" + requests + "]", 1);
    ProcessId id = plant.id();
    String heartbeat =
        new String(
            EventCodec.encode(Events.heartbeat(id, Tenant.TARGET, 1, 1)), StandardCharsets.UTF_8);
    String heartbeats = repeat(EVENTS, i -> heartbeat);
    send(
        plant,
        "upstream_heartbeat",
        targetKey(plant),
        "upstream_heartbeat",
        "[" + heartbeats + "]",
        1);
    String answers = repeat(EVENTS * 2 / 3, i -> answer("", ""));
    send(plant, "upstream_response", UNKNOWN_BROKER, "upstream_response", "[" + answers + "]", 1);
  }

  /**
   * An answer of the largest size that RabbitMQ takes: written again with ids of the usual length,
   * it is longer.
   */
  void anAnswerOfTheLargestSize() {
    String empty =
        answer("", ",\"body_encoding\":\"utf-8\",\"body\":\"\"")
            .replaceAll("\"client_req_id\":\"[^\"]+\"", "\"client_req_id\":\"1-1-1-1-1\"")
            .replaceAll("\"broker_req_id\":\"[^\"]+\"", "\"broker_req_id\":\"1-1-1-1-2\"");
    String start = empty.substring(0, empty.length() - 2);
    for (int mib : new int[] {8, 16, 32}) {
      int length = mib * MIB - start.length() - 2;
      String big = start + "x".repeat(length) + "\"}";
      send(plant, "upstream_response", UNKNOWN_BROKER, "upstream_response", big, 2);
      send(
          plant,
          "upstream_response",
          scene.brokerIds().get(0).toString(),
          "upstream_response",
          big,
          1);
    }
  }

  /** JSON that is deep, or has very many fields, and long values. */
  void strangeJson() {
    String deep = "[".repeat(MIB) + "]".repeat(MIB);
    String unknown = "," + repeat(HEADERS, i -> "\"u" + i + "\":\"\"");
    String numbers = "," + repeat(HEADERS, i -> "\"n" + i + "\":1");
    String digits = ",\"n\":" + "9".repeat(2 * MIB);
    String[] all = {
      request("GET", "/stolen", "", ",\"deep\":" + deep),
      request("GET", "/stolen", "", unknown),
      request("GET", "/stolen", "", numbers),
      request("GET", "/stolen", "", digits),
      request("GET", "/" + "u".repeat(MIB), "", ""),
      request("M".repeat(MIB), "/stolen", "", ""),
      request(
          "POST",
          "/stolen",
          "",
          ",\"body_encoding\":\"utf-8\",\"body\":\"" + "b".repeat(6 * MIB) + "\""),
      request("GET", "/stolen", "\"h\":[" + repeat(HEADERS, i -> "\"\"") + "]", ""),
      request("GET", "/stolen", "\"h\":[\"" + "v".repeat(4 * MIB) + "\"]", ""),
      "",
      "[]",
      "[".repeat(MIB),
    };
    for (String each : all) {
      send(acme, "client_request", targetKey(acme), "client_request", each, 1);
    }
    String error =
        ",\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"hop\":\"broker\"}"
            .formatted("c".repeat(MIB), "m".repeat(4 * MIB));
    send(plant, "upstream_error", UNKNOWN_BROKER, "upstream_error", answer("", error), 2);
  }

  /** Heartbeats for plant's own target that claim very much, for very long. */
  void boundlessHeartbeats(int agents) {
    long days = Duration.ofDays(24).toMillis();
    plant.does(
        channel -> {
          for (int i = 0; i < agents; i++) {
            ProcessId id = plant.newId();
            plant.publish(
                channel,
                "upstream_heartbeat",
                Topology.targetKey(Tenant.TARGET, id),
                Events.heartbeat(id, Tenant.TARGET, Integer.MAX_VALUE, days),
                Map.of());
          }
        });
  }
}
