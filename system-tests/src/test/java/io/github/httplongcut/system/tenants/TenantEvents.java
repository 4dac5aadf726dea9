package io.github.httplongcut.system.tenants;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.AgentState;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.BrokerRequest;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.util.UUID;

/** The events that a tenant sends, each well-formed in itself. */
final class Events {

  /** The paths of all requests of tenants begin with this. */
  static final String STOLEN = "/stolen";

  private static final long TTL = 10_000;

  private Events() {}

  /** A request for that target, whose path ends in {@code what}. */
  static ClientRequest request(ProcessId from, String target, String what) {
    return request(from, target, "GET", what);
  }

  /** A request with that method. */
  static ClientRequest request(ProcessId from, String target, String method, String what) {
    Headers headers = Headers.builder().add("Host", "a").build();
    return new ClientRequest(
        from,
        UUID.randomUUID(),
        TTL,
        new Request(target, method, STOLEN + "/" + what, headers, Body.ABSENT));
  }

  /** A dispatch of that request, as that broker would have made it. */
  static BrokerRequest dispatch(ClientRequest request, ProcessId broker) {
    return new BrokerRequest(
        request.clientId(),
        request.clientReqId(),
        TTL,
        broker,
        UUID.randomUUID(),
        TTL,
        request.request());
  }

  /** An answer 200 to that request, from nobody that any broker knows. */
  static UpstreamResponse answer(Event.ClientRequest request, String text) {
    return new UpstreamResponse(
        request.clientId(),
        request.clientReqId(),
        UUID.randomUUID(),
        UUID.randomUUID(),
        new Response(200, Headers.EMPTY, Body.ofText(text)));
  }

  /** A ready agent's heartbeat. */
  static UpstreamHeartbeat heartbeat(ProcessId id, String target, int capacity, long intervalMs) {
    return new UpstreamHeartbeat(id, target, AgentState.READY, capacity, 0, intervalMs, "0.1.0");
  }
}
