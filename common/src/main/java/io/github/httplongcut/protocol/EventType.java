package io.github.httplongcut.protocol;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Type of an event. Its wire name is the AMQP property {@code type} and the name of the exchange.
 */
public enum EventType {
  CLIENT_REQUEST("client_request"),
  CLIENT_REQUEST_ACK("client_request_ack"),
  BROKER_REQUEST("broker_request"),
  BROKER_REQUEST_ACK("broker_request_ack"),
  UPSTREAM_RESPONSE("upstream_response"),
  UPSTREAM_ERROR("upstream_error"),
  BROKER_RESPONSE("broker_response"),
  BROKER_ERROR("broker_error"),
  UPSTREAM_HEARTBEAT("upstream_heartbeat"),
  BROKER_HELLO("broker_hello"),
  BROKER_STATUS("broker_status"),
  CLIENT_CANCEL("client_cancel"),
  BROKER_CANCEL("broker_cancel");

  private static final Map<String, EventType> BY_NAME = new HashMap<>();

  static {
    for (EventType type : values()) {
      BY_NAME.put(type.wireName, type);
    }
  }

  private final String wireName;

  EventType(String wireName) {
    this.wireName = wireName;
  }

  /** Returns the wire name, which is also the name of the exchange. */
  public String wireName() {
    return wireName;
  }

  /** Returns the type of a wire name; empty for a type that this version does not know. */
  public static Optional<EventType> ofName(String wireName) {
    return Optional.ofNullable(BY_NAME.get(wireName));
  }
}
