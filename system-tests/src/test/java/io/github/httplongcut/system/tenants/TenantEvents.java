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

/** The well-formed events that a tenant sends. */
final class TenantEvents {

  /** Prefix of the paths of all tenants' requests. */
  static final String STOLEN = "/stolen";

  private static final long TTL = 10_000;

  private TenantEvents() {}

  /** A GET request for a target, with a path that ends in {@code suffix}. */
  static ClientRequest request(ProcessId from, String target, String suffix) {
    return request(from, target, "GET", suffix);
  }

  /** A request for a target, with a path that ends in {@code suffix}. */
  static ClientRequest request(ProcessId from, String target, String method, String suffix) {
    Headers headers = Headers.builder().add("Host", "a").build();
    return new ClientRequest(
        from,
        UUID.randomUUID(),
        TTL,
        new Request(target, method, STOLEN + "/" + suffix, headers, Body.ABSENT));
  }

  /** A dispatch of a request as a broker would send it. */
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

  /** A response 200 to a request, with ids that no broker knows. */
  static UpstreamResponse answer(Event.ClientRequest request, String text) {
    return new UpstreamResponse(
        request.clientId(),
        request.clientReqId(),
        UUID.randomUUID(),
        UUID.randomUUID(),
        new Response(200, Headers.EMPTY, Body.ofText(text)));
  }

  /** A heartbeat of a ready agent. */
  static UpstreamHeartbeat heartbeat(ProcessId id, String target, int capacity, long intervalMs) {
    return new UpstreamHeartbeat(id, target, AgentState.READY, capacity, 0, intervalMs, "0.1.0");
  }
}
