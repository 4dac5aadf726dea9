package io.github.httplongcut.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.Event.BrokerCancel;
import io.github.httplongcut.protocol.Event.BrokerError;
import io.github.httplongcut.protocol.Event.BrokerHello;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.BrokerRequestAck;
import io.github.httplongcut.protocol.Event.BrokerResponse;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.Event.ClientCancel;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.ClientRequestAck;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Encodes events as JSON and decodes them (protocol section 2), also in batches (section 7). Uses
 * Jackson's streaming API: no tree, no reflection. Thread-safe.
 */
public final class EventCodec {

  private static final JsonFactory GENERATORS = new JsonFactory();
  private static final EventParsers PARSERS = new EventParsers();

  private EventCodec() {}

  /** Encodes one event as a JSON object in UTF-8. */
  public static byte[] encode(Event event) {
    return bytes(
        json -> {
          json.writeStartObject();
          writerOf(event).write(json);
          json.writeEndObject();
        });
  }

  /** Returns the bytes of an entry in an encoded {@code broker_status}, with a comma. */
  public static int bytesOf(TargetReport target) {
    return bytes(json -> BrokerStatusJson.write(json, target)).length + 1;
  }

  /** Returns the bytes of an entry in an encoded {@code broker_status}, with a comma. */
  public static int bytesOf(ClientReport client) {
    return bytes(json -> BrokerStatusJson.write(json, client)).length + 1;
  }

  /** Returns the bytes of an entry in an encoded {@code broker_status}, with a comma. */
  public static int bytesOf(FlowReport flow) {
    return bytes(json -> BrokerStatusJson.write(json, flow)).length + 1;
  }

  private static byte[] bytes(FieldWriter writer) {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(512);
        JsonGenerator json = GENERATORS.createGenerator(bytes)) {
      writer.write(json);
      json.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // impossible: the output is in memory
    }
  }

  /** Joins encoded events to one message: a single object, or an array of objects. */
  public static byte[] join(List<byte[]> encoded) {
    if (encoded.size() == 1) {
      return encoded.get(0);
    }
    int length = 1 + encoded.size();
    for (byte[] each : encoded) {
      length += each.length;
    }
    byte[] joined = new byte[length];
    int at = 0;
    for (byte[] each : encoded) {
      joined[at++] = (byte) (at == 1 ? '[' : ',');
      System.arraycopy(each, 0, joined, at, each.length);
      at += each.length;
    }
    joined[at] = ']';
    return joined;
  }

  /**
   * Decodes a message: one event, or an array of events of one type.
   *
   * @return at least one event, in order
   * @throws MalformedEventException if the message is not JSON, a field is missing or malformed, or
   *     one of the {@link WireLimits} is exceeded
   */
  public static List<Event> decode(EventType type, byte[] message) throws MalformedEventException {
    int maxBytes =
        type == EventType.BROKER_STATUS ? WireLimits.STATUS_BYTES : WireLimits.MESSAGE_BYTES;
    if (message.length > maxBytes) {
      throw new MalformedEventException("longer than " + maxBytes + " bytes");
    }
    NameCount names = new NameCount();
    try (JsonParser json = PARSERS.open(message)) {
      List<Event> events = new ArrayList<>(1);
      JsonToken first = json.nextToken();
      if (first == JsonToken.START_ARRAY) {
        while (json.nextToken() == JsonToken.START_OBJECT) {
          if (events.size() == WireLimits.EVENTS) {
            throw new MalformedEventException("more than " + WireLimits.EVENTS + " events");
          }
          events.add(read(type, json, message, names));
        }
        requireToken(json, JsonToken.END_ARRAY);
      } else {
        requireToken(json, JsonToken.START_OBJECT);
        events.add(read(type, json, message, names));
      }
      if (json.nextToken() != null || events.isEmpty()) {
        throw new MalformedEventException("not one event or an array of events");
      }
      return events;
    } catch (IOException e) {
      throw new MalformedEventException("not valid JSON", e);
    } catch (IllegalArgumentException e) {
      throw new MalformedEventException(e.getMessage(), e);
    } finally {
      PARSERS.onNames(type == EventType.BROKER_STATUS ? message.length : names.chars());
    }
  }

  private static void requireToken(JsonParser json, JsonToken token)
      throws MalformedEventException {
    if (json.currentToken() != token) {
      throw new MalformedEventException("not a JSON object or an array of objects");
    }
  }

  /**
   * Writes the fields of one event. Java 17 switches over enums only, and only an expression must
   * handle every constant: so {@link #writerOf} returns the writer instead of calling it.
   */
  private interface FieldWriter {
    void write(JsonGenerator json) throws IOException;
  }

  private static FieldWriter writerOf(Event event) {
    return switch (event.type()) {
      case CLIENT_REQUEST -> json -> clientRequest(json, (ClientRequest) event);
      case CLIENT_REQUEST_ACK -> json -> clientRequestAck(json, (ClientRequestAck) event);
      case BROKER_REQUEST -> json -> brokerRequest(json, (BrokerRequest) event);
      case BROKER_REQUEST_ACK -> json -> brokerRequestAck(json, (BrokerRequestAck) event);
      case UPSTREAM_RESPONSE -> json -> upstreamResponse(json, (UpstreamResponse) event);
      case UPSTREAM_ERROR -> json -> upstreamError(json, (UpstreamError) event);
      case BROKER_RESPONSE -> json -> brokerResponse(json, (BrokerResponse) event);
      case BROKER_ERROR -> json -> brokerError(json, (BrokerError) event);
      case UPSTREAM_HEARTBEAT -> json -> upstreamHeartbeat(json, (UpstreamHeartbeat) event);
      case BROKER_HELLO -> json -> brokerHello(json, (BrokerHello) event);
      case BROKER_STATUS -> json -> BrokerStatusJson.write(json, (BrokerStatus) event);
      case CLIENT_CANCEL -> json -> clientCancel(json, (ClientCancel) event);
      case BROKER_CANCEL -> json -> brokerCancel(json, (BrokerCancel) event);
    };
  }

  private static void clientRequest(JsonGenerator json, ClientRequest e) throws IOException {
    id(json, "client_id", e.clientId());
    id(json, "client_req_id", e.clientReqId());
    json.writeNumberField("client_req_ttl", e.clientReqTtl());
    request(json, e.request());
  }

  private static void clientRequestAck(JsonGenerator json, ClientRequestAck e) throws IOException {
    id(json, "client_req_id", e.clientReqId());
    id(json, "broker_req_id", e.brokerReqId());
    id(json, "broker_id", e.brokerId());
  }

  private static void brokerRequest(JsonGenerator json, BrokerRequest e) throws IOException {
    id(json, "client_id", e.clientId());
    id(json, "client_req_id", e.clientReqId());
    json.writeNumberField("client_req_ttl", e.clientReqTtl());
    id(json, "broker_id", e.brokerId());
    id(json, "broker_req_id", e.brokerReqId());
    json.writeNumberField("broker_req_ttl", e.brokerReqTtl());
    request(json, e.request());
  }

  private static void brokerRequestAck(JsonGenerator json, BrokerRequestAck e) throws IOException {
    id(json, "broker_req_id", e.brokerReqId());
    id(json, "upstream_req_id", e.upstreamReqId());
    id(json, "upstream_id", e.upstreamId());
  }

  private static void upstreamResponse(JsonGenerator json, UpstreamResponse e) throws IOException {
    attempt(json, e.clientId(), e.clientReqId(), e.brokerReqId(), e.upstreamReqId());
    response(json, e.response());
  }

  private static void upstreamError(JsonGenerator json, UpstreamError e) throws IOException {
    attempt(json, e.clientId(), e.clientReqId(), e.brokerReqId(), e.upstreamReqId());
    error(json, e.error());
  }

  private static void brokerResponse(JsonGenerator json, BrokerResponse e) throws IOException {
    attempt(json, e.clientId(), e.clientReqId(), e.brokerReqId(), e.upstreamReqId());
    response(json, e.response());
  }

  private static void brokerError(JsonGenerator json, BrokerError e) throws IOException {
    id(json, "client_req_id", e.clientReqId());
    id(json, "broker_req_id", e.brokerReqId());
    if (e.orphanOf().isPresent()) {
      id(json, "broker_id", e.orphanOf().get());
    }
    error(json, e.error());
  }

  private static void upstreamHeartbeat(JsonGenerator json, UpstreamHeartbeat e)
      throws IOException {
    id(json, "upstream_id", e.upstreamId());
    json.writeStringField("upstream_target", e.upstreamTarget());
    json.writeStringField("state", e.state().wireName());
    json.writeNumberField("capacity", e.capacity());
    json.writeNumberField("in_flight", e.inFlight());
    json.writeNumberField("interval_ms", e.intervalMs());
    json.writeStringField("version", e.version());
    if (e.reason().isPresent()) {
      json.writeStringField("reason", e.reason().get());
    }
  }

  private static void brokerHello(JsonGenerator json, BrokerHello e) throws IOException {
    id(json, "broker_id", e.brokerId());
    json.writeStringField("version", e.version());
  }

  private static void clientCancel(JsonGenerator json, ClientCancel e) throws IOException {
    id(json, "client_id", e.clientId());
    id(json, "client_req_id", e.clientReqId());
    id(json, "broker_req_id", e.brokerReqId());
  }

  private static void brokerCancel(JsonGenerator json, BrokerCancel e) throws IOException {
    id(json, "broker_id", e.brokerId());
    id(json, "client_req_id", e.clientReqId());
    id(json, "broker_req_id", e.brokerReqId());
  }

  private static Event read(EventType type, JsonParser json, byte[] message, NameCount names)
      throws IOException {
    return type == EventType.BROKER_STATUS
        ? BrokerStatusJson.read(json)
        : read(type, EventFields.read(json, message, names));
  }

  private static Event read(EventType type, EventFields f) {
    return switch (type) {
      case CLIENT_REQUEST ->
          new ClientRequest(f.clientId(), f.clientReqId(), f.clientReqTtl(), f.request());
      case CLIENT_REQUEST_ACK ->
          new ClientRequestAck(f.clientReqId(), f.brokerReqId(), f.brokerId());
      case BROKER_REQUEST ->
          new BrokerRequest(
              f.clientId(),
              f.clientReqId(),
              f.clientReqTtl(),
              f.brokerId(),
              f.brokerReqId(),
              f.brokerReqTtl(),
              f.request());
      case BROKER_REQUEST_ACK ->
          new BrokerRequestAck(f.brokerReqId(), f.upstreamReqId(), f.upstreamId());
      case UPSTREAM_RESPONSE ->
          new UpstreamResponse(
              f.clientId(), f.clientReqId(), f.brokerReqId(), f.upstreamReqId(), f.response());
      case UPSTREAM_ERROR ->
          new UpstreamError(
              f.clientId(), f.clientReqId(), f.brokerReqId(), f.upstreamReqId(), f.error());
      case BROKER_RESPONSE ->
          new BrokerResponse(
              f.clientId(), f.clientReqId(), f.brokerReqId(), f.upstreamReqId(), f.response());
      case BROKER_ERROR ->
          new BrokerError(f.clientReqId(), f.brokerReqId(), f.error(), f.optionalBrokerId());
      case UPSTREAM_HEARTBEAT ->
          new UpstreamHeartbeat(
              f.upstreamId(),
              f.upstreamTarget(),
              f.state(),
              f.capacity(),
              f.inFlight(),
              f.intervalMs(),
              f.version(),
              f.reason());
      case BROKER_HELLO -> new BrokerHello(f.brokerId(), f.version());
      case BROKER_STATUS -> throw new IllegalStateException("has fields of its own");
      case CLIENT_CANCEL -> new ClientCancel(f.clientId(), f.clientReqId(), f.brokerReqId());
      case BROKER_CANCEL -> new BrokerCancel(f.brokerId(), f.clientReqId(), f.brokerReqId());
    };
  }

  private static void id(JsonGenerator json, String name, ProcessId id) throws IOException {
    json.writeStringField(name, id.toString());
  }

  private static void id(JsonGenerator json, String name, UUID id) throws IOException {
    json.writeStringField(name, id.toString());
  }

  private static void attempt(
      JsonGenerator json, ProcessId clientId, UUID clientReqId, UUID brokerReqId, UUID upstreamId)
      throws IOException {
    id(json, "client_id", clientId);
    id(json, "client_req_id", clientReqId);
    id(json, "broker_req_id", brokerReqId);
    id(json, "upstream_req_id", upstreamId);
  }

  private static void request(JsonGenerator json, Request request) throws IOException {
    json.writeStringField("upstream_target", request.upstreamTarget());
    json.writeStringField("method", request.method());
    json.writeStringField("url", request.url());
    headers(json, request.headers());
    body(json, request.body());
  }

  private static void response(JsonGenerator json, Response response) throws IOException {
    json.writeNumberField("status_code", response.statusCode());
    headers(json, response.headers());
    body(json, response.body());
  }

  private static void headers(JsonGenerator json, Headers headers) throws IOException {
    json.writeObjectFieldStart("headers");
    for (Headers.Field field : headers.fields()) {
      json.writeArrayFieldStart(field.name());
      for (String value : field.values()) {
        json.writeString(value);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void body(JsonGenerator json, Body body) throws IOException {
    if (!body.isPresent()) {
      return;
    }
    if (body.json().isPresent()) {
      JsonText encoded = body.json().get();
      json.writeStringField("body_encoding", encoded.encoding().wireName());
      json.writeFieldName("body");
      encoded.write(json);
      return;
    }
    byte[] bytes = body.bytes();
    if (Utf8.isReadable(bytes)) {
      json.writeStringField("body_encoding", BodyEncoding.UTF_8.wireName());
      json.writeFieldName("body");
      json.writeUTF8String(bytes, 0, bytes.length);
    } else {
      json.writeStringField("body_encoding", BodyEncoding.BASE64.wireName());
      json.writeBinaryField("body", bytes);
    }
  }

  private static void error(JsonGenerator json, EventError error) throws IOException {
    json.writeObjectFieldStart("error");
    json.writeStringField("code", error.failure().code());
    json.writeStringField("message", error.message());
    json.writeStringField("hop", error.hop().wireName());
    json.writeEndObject();
  }
}
