package io.github.httplongcut.system.tenants;

import io.github.httplongcut.protocol.EventCodec;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntFunction;

/** Attacks with messages that are larger than those of any honest process (WireLimits). */
final class OversizedMessages {

  private static final int HEADERS = 200_000;
  private static final int EVENTS = 60_000;
  private static final int MIB = 1 << 20;
  private static final String UNKNOWN_BROKER = "broker.nobody-aaaaaa";

  private final TenantTestbed testbed;
  private final Tenant acme;
  private final Tenant plant;

  OversizedMessages(TenantTestbed testbed) {
    this.testbed = testbed;
    this.acme = testbed.acme();
    this.plant = testbed.plant();
  }

  /** Runs an attack while RabbitMQ accepts messages of up to 128 MiB, the default of RabbitMQ 3. */
  void whileLargeMessagesPass(Runnable attack) {
    String before =
        testbed
            .rabbitMq()
            .ctl("eval", "{ok, Size} = application:get_env(rabbit, max_message_size), Size.");
    setMaxMessageSize(Integer.toString(128 * MIB));
    try {
      attack.run();
    } finally {
      setMaxMessageSize(before.strip());
    }
  }

  /** Sets the limit for new channels. RabbitMQ 3.10 reads the setting itself, 4.3 a copy of it. */
  private void setMaxMessageSize(String bytes) {
    String unused =
        testbed
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
    tenant.attempt(
        bytes.length + " bytes",
        channel -> {
          for (int i = 0; i < times; i++) {
            channel.basicPublish(exchange, key, tenant.properties(type).build(), bytes);
          }
        });
  }

  /** A request for acme's own target as JSON, with additional fields at the end. */
  private String request(String method, String url, String headers, String more) {
    return "{\"client_id\":\"%s\",\"client_req_id\":\"%s\",\"client_req_ttl\":9000,\"upstream_target\":\"%s\",\"method\":\"%s\",\"url\":\"%s\",\"headers\":{%s}%s}"
        .formatted(acme.id(), UUID.randomUUID(), Tenant.TARGET, method, url, headers, more);
  }

  /** A response to an unknown request as JSON, with additional fields at the end. */
  private String answer(String headers, String more) {
    return "{\"client_id\":\"%s\",\"client_req_id\":\"%s\",\"broker_req_id\":\"%s\",\"upstream_req_id\":\"%s\",\"status_code\":200,\"headers\":{%s}%s}"
        .formatted(
            acme.id(), UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID(), headers, more);
  }

  private static String repeat(int times, IntFunction<String> element) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < times; i++) {
      all.append(i == 0 ? "" : ",").append(element.apply(i));
    }
    return all.toString();
  }

  private static String headers(int number) {
    return repeat(number, i -> "\"h" + i + "\":[\"\"]");
  }

  /** Sends GET and POST requests with very many header names. */
  void requestsWithManyHeaders() {
    for (String method : new String[] {"GET", "POST"}) {
      String big = request(method, "/stolen", headers(HEADERS), "");
      send(acme, "client_request", targetKey(acme), "client_request", big, 2);
    }
  }

  /** Sends responses with very many header names, to a running broker and to an unknown one. */
  void answersWithManyHeaders() {
    String big = answer(headers(HEADERS), "");
    String broker = testbed.brokerIds().get(0).toString();
    send(plant, "upstream_response", broker, "upstream_response", big, 2);
    send(plant, "upstream_response", UNKNOWN_BROKER, "upstream_response", big, 2);
  }

  /** Sends messages with very many events. */
  void messagesOfManyEvents() {
    String requests = repeat(EVENTS, i -> request("GET", "/stolen", "", ""));
    send(acme, "client_request", targetKey(acme), "client_request", "[" + requests + "]", 1);
    ProcessId id = plant.id();
    String heartbeat =
        new String(
            EventCodec.encode(TenantEvents.heartbeat(id, Tenant.TARGET, 1, 1)),
            StandardCharsets.UTF_8);
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
   * Sends responses of the largest size that RabbitMQ accepts. Their ids are short, so that a
   * broker's copy, with ids of the usual length, is longer.
   */
  void responsesOfTheLargestSize() {
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
          testbed.brokerIds().get(0).toString(),
          "upstream_response",
          big,
          1);
    }
  }

  /**
   * Sends JSON that is deeply nested, or has very many fields or very long values: one message
   * after the other, since reading 30 MiB at once takes a slow machine seconds, whatever they
   * contain.
   */
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
      testbed.awaitAnswersToTheNeighbour();
    }
    String error =
        ",\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"hop\":\"broker\"}"
            .formatted("c".repeat(MIB), "m".repeat(4 * MIB));
    send(plant, "upstream_error", UNKNOWN_BROKER, "upstream_error", answer("", error), 2);
  }

  /** Sends heartbeats for plant's own target that claim a huge capacity and interval. */
  void boundlessHeartbeats(int agents) {
    long days = Duration.ofDays(24).toMillis();
    plant.run(
        channel -> {
          for (int i = 0; i < agents; i++) {
            ProcessId id = plant.newId();
            plant.publish(
                channel,
                "upstream_heartbeat",
                Topology.targetKey(Tenant.TARGET, id),
                TenantEvents.heartbeat(id, Tenant.TARGET, Integer.MAX_VALUE, days),
                Map.of());
          }
        });
  }
}
