package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.httplongcut.http.Headers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Parsed JSON fields of one event, for {@link EventCodec}.
 *
 * <ul>
 *   <li>Unknown fields are skipped, because a newer version may send them (protocol section 2).
 *   <li>A getter throws {@link IllegalArgumentException} with the field's name if the field is
 *       missing or malformed.
 *   <li>{@link WireLimits} are enforced while reading, because the sender may be hostile.
 * </ul>
 */
final class EventFields {

  /**
   * All string fields of all events except {@code body}, with their maximum length in characters.
   */
  private static final Map<String, Integer> TEXT_LIMITS =
      Map.ofEntries(
          Map.entry("client_id", Names.ID_CHARS),
          Map.entry("broker_id", Names.ID_CHARS),
          Map.entry("upstream_id", Names.ID_CHARS),
          Map.entry("client_req_id", Names.ID_CHARS),
          Map.entry("broker_req_id", Names.ID_CHARS),
          Map.entry("upstream_req_id", Names.ID_CHARS),
          Map.entry("upstream_target", Names.ID_CHARS),
          Map.entry("method", WireLimits.METHOD_CHARS),
          Map.entry("url", WireLimits.URL_CHARS),
          Map.entry("body_encoding", Names.ID_CHARS),
          Map.entry("state", Names.ID_CHARS),
          Map.entry("version", Names.ID_CHARS),
          Map.entry("code", Names.ID_CHARS),
          Map.entry("hop", Names.ID_CHARS),
          Map.entry("message", WireLimits.MESSAGE_BYTES), // EventError truncates the message
          Map.entry("reason", WireLimits.MESSAGE_BYTES)); // UpstreamHeartbeat truncates it

  private static final Set<String> NUMBERS =
      Set.of(
          "client_req_ttl",
          "broker_req_ttl",
          "status_code",
          "capacity",
          "in_flight",
          "interval_ms");

  private final NameCount names;
  private final Map<String, String> texts = new HashMap<>(16);
  private final Map<String, Long> numbers = new HashMap<>(8);
  private Headers headers;
  private EventError error;
  private byte[] body;

  private EventFields(NameCount names) {
    this.names = names;
  }

  /**
   * Reads the JSON object whose start is the current token, up to its end.
   *
   * @param message the bytes that {@code json} parses
   * @param names counts the names of the message
   */
  static EventFields read(JsonParser json, byte[] message, NameCount names) throws IOException {
    EventFields fields = new EventFields(names);
    JsonToken next = json.nextToken();
    while (next == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      names.add(name);
      JsonToken value = json.nextToken();
      if (value == JsonToken.VALUE_STRING && name.equals("body")) {
        int from = offset(json);
        next = json.nextToken();
        fields.body = string(message, from, offset(json));
        continue;
      } else if (value == JsonToken.VALUE_STRING) {
        fields.putText(name, json);
      } else if (value == JsonToken.VALUE_NUMBER_INT && NUMBERS.contains(name)) {
        fields.numbers.put(name, json.getLongValue());
      } else if (value == JsonToken.START_OBJECT && name.equals("headers")) {
        fields.readHeaders(json);
      } else if (value == JsonToken.START_OBJECT && name.equals("error")) {
        fields.readError(json, message);
      } else {
        fields.skip(json);
      }
      next = json.nextToken();
    }
    return fields;
  }

  /** Skips the value that begins with the current token, up to its last token. */
  private void skip(JsonParser json) throws IOException {
    int depth = depthChange(json.currentToken());
    while (depth > 0) {
      JsonToken token = json.nextToken(); // throws at the end of the message
      if (token == JsonToken.FIELD_NAME) {
        names.add(json.currentName());
      }
      depth += depthChange(token);
    }
  }

  private static int depthChange(JsonToken token) {
    if (token.isStructStart()) {
      return 1;
    }
    return token.isStructEnd() ? -1 : 0;
  }

  private void putText(String name, JsonParser json) throws IOException {
    Integer limit = TEXT_LIMITS.get(name);
    if (limit != null) {
      String text = json.getText();
      requireAtMost(limit, text.length(), name, "characters");
      texts.put(name, text);
    }
  }

  private static void requireAtMost(int most, int count, String name, String what) {
    if (count > most) {
      throw new IllegalArgumentException(name + ": more than " + most + " " + what);
    }
  }

  /** Returns the byte offset of the current token. */
  private static int offset(JsonParser json) {
    long offset = json.currentTokenLocation().getByteOffset();
    if (offset < 0) {
      throw new IllegalArgumentException("not in UTF-8"); // RFC 8259 section 8.1
    }
    return (int) offset;
  }

  /**
   * Returns the JSON string before the current token, with its quotes and escapes.
   *
   * @param from offset of the string
   * @param to offset of the next token; a comma and white space may precede that token
   */
  private static byte[] string(byte[] message, int from, int to) {
    int end = to;
    while (message[end - 1] != '"') {
      end--;
    }
    return Arrays.copyOfRange(message, from, end);
  }

  private void readHeaders(JsonParser json) throws IOException {
    List<Headers.Field> fields = new ArrayList<>();
    int count = 0;
    int chars = 0;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      names.add(name);
      List<String> values = new ArrayList<>(1);
      if (json.nextToken() != JsonToken.START_ARRAY) {
        throw new IllegalArgumentException("headers: the values of a field are not an array");
      }
      while (json.nextToken() == JsonToken.VALUE_STRING) {
        String value = json.getText();
        count++;
        chars += name.length() + value.length();
        requireAtMost(WireLimits.HEADER_FIELDS, count, "headers", "fields");
        requireAtMost(WireLimits.HEADER_CHARS, chars, "headers", "characters");
        values.add(value);
      }
      if (json.currentToken() != JsonToken.END_ARRAY || values.isEmpty()) {
        throw new IllegalArgumentException(
            "headers: a field has no values, or a value is not a string");
      }
      fields.add(new Headers.Field(name, values));
    }
    headers = Headers.of(fields);
  }

  private void readError(JsonParser json, byte[] message) throws IOException {
    EventFields fields = read(json, message, names);
    String code = fields.text("code");
    error =
        new EventError(
            Failure.ofCode(code).orElse(Failure.INTERNAL_ERROR),
            fields.text("message"),
            Hop.ofName(fields.text("hop")));
  }

  ProcessId clientId() {
    return processId("client_id");
  }

  ProcessId brokerId() {
    return processId("broker_id");
  }

  Optional<ProcessId> optionalBrokerId() {
    return texts.containsKey("broker_id") ? Optional.of(brokerId()) : Optional.empty();
  }

  ProcessId upstreamId() {
    return processId("upstream_id");
  }

  UUID clientReqId() {
    return uuid("client_req_id");
  }

  UUID brokerReqId() {
    return uuid("broker_req_id");
  }

  UUID upstreamReqId() {
    return uuid("upstream_req_id");
  }

  long clientReqTtl() {
    return clamped("client_req_ttl", 0, WireLimits.TTL.toMillis());
  }

  long brokerReqTtl() {
    return clamped("broker_req_ttl", 0, WireLimits.TTL.toMillis());
  }

  String upstreamTarget() {
    return Names.require("upstream_target", text("upstream_target"));
  }

  AgentState state() {
    return AgentState.ofName(text("state"));
  }

  int capacity() {
    return (int) clamped("capacity", 0, WireLimits.CAPACITY);
  }

  int inFlight() {
    return (int) clamped("in_flight", 0, WireLimits.CAPACITY);
  }

  long intervalMs() {
    return clamped("interval_ms", 1, WireLimits.HEARTBEAT_INTERVAL.toMillis());
  }

  String version() {
    return text("version");
  }

  /** Returns the reason; empty if it is absent or no text. */
  Optional<String> reason() {
    return Optional.ofNullable(texts.get("reason"));
  }

  EventError error() {
    return require("error", error);
  }

  Request request() {
    return new Request(
        text("upstream_target"), text("method"), text("url"), require("headers", headers), body());
  }

  Response response() {
    return new Response((int) number("status_code", 200, 999), require("headers", headers), body());
  }

  private Body body() {
    return body == null
        ? Body.ABSENT
        : JsonText.body(BodyEncoding.ofName(text("body_encoding")), body);
  }

  private String text(String name) {
    return require(name, texts.get(name));
  }

  private long number(String name, long min, long max) {
    long number = require(name, numbers.get(name));
    if (number < min || number > max) {
      throw new IllegalArgumentException(name + " is out of range");
    }
    return number;
  }

  /** Returns the number, or {@code most} if the number is larger. */
  private long clamped(String name, long min, long most) {
    return Math.min(number(name, min, Long.MAX_VALUE), most);
  }

  private UUID uuid(String name) {
    String text = text(name);
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + " is not a UUID", e);
    }
  }

  private ProcessId processId(String name) {
    try {
      return ProcessId.parse(text(name));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  private static <T> T require(String name, T value) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing or of the wrong type");
    }
    return value;
  }
}
