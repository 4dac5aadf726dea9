package io.github.httplongcut.protocol;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The events by name: an event's AMQP {@code type} and the exchange that it is published to. */
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

  /** The name on the wire, which is also the exchange's. */
  public String wireName() {
    return wireName;
  }

  /** The type of that name; empty for one that this version does not know. */
  public static Optional<EventType> ofName(String wireName) {
    return Optional.ofNullable(BY_NAME.get(wireName));
  }
}
