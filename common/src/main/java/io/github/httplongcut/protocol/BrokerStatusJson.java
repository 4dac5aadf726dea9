package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.BrokerLoad;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.BrokerReport.TargetCounts;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON form of a {@code broker_status}, for {@link EventCodec}. Numbers that are 0 and reasons that
 * are empty are left out. Unknown fields are skipped, and {@link WireLimits} are enforced while
 * reading: the sender may be hostile.
 */
final class BrokerStatusJson {

  private BrokerStatusJson() {}

  static void write(JsonGenerator json, BrokerStatus status) throws IOException {
    BrokerReport report = status.report();
    BrokerHealth health = report.health();
    json.writeStringField("broker_id", status.brokerId().toString());
    json.writeStringField("version", status.version());
    json.writeNumberField("uptime_ms", health.uptimeMillis());
    json.writeStringField("state", health.state());
    writeUnlessEmpty(json, "reason", health.reason());
    json.writeStringField("rabbitmq", health.rabbitMq());
    json.writeStringField("intake", health.intake());
    writeUnlessZero(json, "waiting", report.load().waiting());
    writeUnlessZero(json, "settling", report.load().settling());
    writeUnlessZero(json, "dispatched", report.load().dispatched());
    writeUnlessZero(json, "running", report.load().running());
    json.writeNumberField("window_ms", report.windowMillis());
    write(json, report.traffic());
    json.writeArrayFieldStart("targets");
    for (TargetReport target : report.targets()) {
      write(json, target);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("client_agents");
    for (ClientReport client : report.clients()) {
      write(json, client);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("flows");
    for (FlowReport flow : report.flows()) {
      write(json, flow);
    }
    json.writeEndArray();
    json.writeObjectFieldStart("omitted");
    writeUnlessZero(json, "targets", report.omitted().targets());
    writeUnlessZero(json, "client_agents", report.omitted().clients());
    writeUnlessZero(json, "flows", report.omitted().flows());
    json.writeEndObject();
  }

  static void write(JsonGenerator json, ClientReport client) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", client.id().toString());
    writeUnlessEmpty(json, "version", client.version());
    writeUnlessZero(json, "last_request_ms", client.lastRequestMillis());
    writeUnlessZero(json, "total", client.total());
    writeUnlessZero(json, "requests", client.requests());
    json.writeEndObject();
  }

  static void write(JsonGenerator json, FlowReport flow) throws IOException {
    json.writeStartObject();
    json.writeStringField("upstream_id", flow.upstreamId().toString());
    json.writeStringField("target", flow.target());
    writeUnlessZero(json, "requests", flow.requests());
    json.writeEndObject();
  }

  static void write(JsonGenerator json, TargetReport target) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", target.name());
    json.writeStringField("state", target.state());
    writeUnlessEmpty(json, "reason", target.reason());
    if (target.served()) {
      json.writeBooleanField("served", true);
    }
    writeUnlessZero(json, "in_flight", target.counts().inFlight());
    writeUnlessZero(json, "waiting", target.counts().waiting());
    writeUnlessZero(json, "total_answered", target.counts().answered());
    writeUnlessZero(json, "total_failed", target.counts().failed());
    write(json, target.traffic());
    if (!target.failures().isEmpty()) {
      json.writeObjectFieldStart("failures");
      for (Map.Entry<String, Integer> each : target.failures().entrySet()) {
        json.writeNumberField(each.getKey(), each.getValue());
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, TrafficReport traffic) throws IOException {
    writeUnlessZero(json, "requests", traffic.requests());
    writeUnlessZero(json, "failed", traffic.failed());
    if (traffic.latency().buckets() > 0) {
      json.writeFieldName("latency");
      int[] pairs = traffic.latency().pairs();
      json.writeArray(pairs, 0, pairs.length);
    }
  }

  private static void writeUnlessZero(JsonGenerator json, String name, long number)
      throws IOException {
    if (number != 0) {
      json.writeNumberField(name, number);
    }
  }

  private static void writeUnlessEmpty(JsonGenerator json, String name, String text)
      throws IOException {
    if (!text.isEmpty()) {
      json.writeStringField(name, text);
    }
  }

  /** Reads the JSON object whose start is the current token, up to its end. */
  static BrokerStatus read(JsonParser json) throws IOException {
    StatusObject status = new StatusObject();
    List<TargetReport> targets = null;
    List<ClientReport> clients = null;
    List<FlowReport> flows = null;
    StatusObject omitted = null;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      if (value == JsonToken.START_ARRAY && name.equals("targets")) {
        targets = readList(json, name, StatusObject::target);
      } else if (value == JsonToken.START_ARRAY && name.equals("client_agents")) {
        clients = readList(json, name, StatusObject::client);
      } else if (value == JsonToken.START_ARRAY && name.equals("flows")) {
        flows = readList(json, name, StatusObject::flow);
      } else if (value == JsonToken.START_OBJECT && name.equals("omitted")) {
        omitted = StatusObject.read(json);
      } else {
        status.readField(name, json);
      }
    }
    StatusObject left = require("omitted", omitted);
    return new BrokerStatus(
        status.id("broker_id"),
        status.text("version"),
        new BrokerReport(
            new BrokerHealth(
                status.word("state"),
                status.reason(),
                status.word("rabbitmq"),
                status.word("intake"),
                status.required("uptime_ms")),
            new BrokerLoad(
                status.number("waiting"),
                status.number("settling"),
                status.number("dispatched"),
                status.number("running")),
            Math.max(
                1, Math.min(status.required("window_ms"), WireLimits.STATUS_WINDOW.toMillis())),
            status.traffic(),
            require("targets", targets),
            require("client_agents", clients),
            require("flows", flows),
            new OmittedReports(
                left.number("targets"), left.number("client_agents"), left.number("flows"))));
  }

  private static <T> T require(String name, T value) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing or of the wrong type");
    }
    return value;
  }

  private interface Entry<T> {
    T of(StatusObject object);
  }

  private static <T> List<T> readList(JsonParser json, String name, Entry<T> entry)
      throws IOException {
    List<T> list = new ArrayList<>();
    while (json.nextToken() == JsonToken.START_OBJECT) {
      if (list.size() == WireLimits.STATUS_ENTRIES) {
        throw new IllegalArgumentException(
            name + ": more than " + WireLimits.STATUS_ENTRIES + " entries");
      }
      list.add(entry.of(StatusObject.read(json)));
    }
    if (json.currentToken() != JsonToken.END_ARRAY) {
      throw new IllegalArgumentException(name + ": an entry is not an object");
    }
    return list;
  }

  /** Parsed scalar fields of one object, and its {@code latency} and {@code failures}. */
  private static final class StatusObject {
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();
    private LatencyCounts latency = LatencyCounts.NONE;
    private boolean served;

    /** Reads the object whose start is the current token, up to its end. */
    static StatusObject read(JsonParser json) throws IOException {
      StatusObject object = new StatusObject();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        object.readField(name, json);
      }
      return object;
    }

    /** Reads the field whose value is the current token. */
    void readField(String name, JsonParser json) throws IOException {
      JsonToken value = json.currentToken();
      if (value == JsonToken.VALUE_STRING) {
        put(texts, name, json.getText());
      } else if (value == JsonToken.VALUE_NUMBER_INT) {
        put(numbers, name, json.getLongValue());
      } else if (value == JsonToken.VALUE_TRUE && name.equals("served")) {
        served = true;
      } else if (value == JsonToken.START_ARRAY && name.equals("latency")) {
        latency = readLatency(json);
      } else if (value == JsonToken.START_OBJECT && name.equals("failures")) {
        readFailures(json);
      } else {
        json.skipChildren();
      }
    }

    private static <V> void put(Map<String, V> fields, String name, V value) {
      if (fields.size() < WireLimits.STATUS_FIELDS) { // further ones are of no known version
        fields.put(name, value);
      }
    }

    private static LatencyCounts readLatency(JsonParser json) throws IOException {
      int[] counts = new int[LatencyScale.BUCKETS];
      while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
        long bucket = json.getLongValue();
        if (bucket < 0
            || bucket >= counts.length
            || json.nextToken() != JsonToken.VALUE_NUMBER_INT) {
          throw new IllegalArgumentException("latency: not pairs of a bucket and a count");
        }
        counts[(int) bucket] = clamped(json.getLongValue());
      }
      if (json.currentToken() != JsonToken.END_ARRAY) {
        throw new IllegalArgumentException("latency: an element is not a number");
      }
      return LatencyCounts.of(counts);
    }

    private void readFailures(JsonParser json) throws IOException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String code = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_NUMBER_INT || !Names.isName(code)) {
          throw new IllegalArgumentException("failures: not numbers by error code");
        }
        if (failures.size() < WireLimits.STATUS_FIELDS) {
          failures.put(code, clamped(json.getLongValue()));
        }
      }
    }

    private static int clamped(long number) {
      return (int) Math.max(0, Math.min(number, WireLimits.STATUS_COUNT));
    }

    TargetReport target() {
      return new TargetReport(
          Names.require("name", text("name")),
          word("state"),
          reason(),
          served,
          new TargetCounts(
              number("in_flight"),
              number("waiting"),
              count("total_answered"),
              count("total_failed")),
          traffic(),
          failures);
    }

    ClientReport client() {
      return new ClientReport(
          id("id"),
          texts.getOrDefault("version", ""),
          count("last_request_ms"),
          count("total"),
          number("requests"));
    }

    FlowReport flow() {
      return new FlowReport(
          id("upstream_id"), Names.require("target", text("target")), number("requests"));
    }

    TrafficReport traffic() {
      return new TrafficReport(number("requests"), number("failed"), latency);
    }

    ProcessId id(String name) {
      try {
        return ProcessId.parse(text(name));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
      }
    }

    /** Returns the reason; empty if it is absent. */
    String reason() {
      return texts.getOrDefault("reason", "");
    }

    /** Returns a word: a name, such as a state. */
    String word(String name) {
      return Names.require(name, text(name));
    }

    String text(String name) {
      return require(name, texts.get(name));
    }

    /** Returns a number of things that exist at the same time; 0 if it is absent. */
    int number(String name) {
      return clamped(numbers.getOrDefault(name, 0L));
    }

    long required(String name) {
      long unused = require(name, numbers.get(name));
      return count(name);
    }

    /** Returns a number since the start of a process; 0 if it is absent. */
    long count(String name) {
      return Math.max(0, Math.min(numbers.getOrDefault(name, 0L), WireLimits.STATUS_TOTAL));
    }
  }
}
