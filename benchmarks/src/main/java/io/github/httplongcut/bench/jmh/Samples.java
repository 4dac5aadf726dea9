package io.github.httplongcut.bench.jmh;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Body;
import io.github.httplongcut.protocol.Event.ClientRequest;
import io.github.httplongcut.protocol.Event.UpstreamResponse;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.Response;
import java.util.UUID;

/** Typical requests (eight header fields) and responses (six), with 1 KiB of JSON. */
final class Samples {

  static final ProcessId CLIENT = new ProcessId("client-agent", "client-agent-1-abcdef");
  static final ProcessId BROKER = new ProcessId("broker", "broker-1-abcdef");
  static final ProcessId AGENT = new ProcessId("upstream-agent", "upstream-agent-1-abcdef");
  static final String TARGET = "orders";

  static final Response EMPTY_RESPONSE = new Response(204, Headers.EMPTY, Body.ABSENT);

  private static final long TTL_MILLIS = 30_000;
  private static final int BODY_BYTES = 1024;

  private Samples() {}

  static Headers requestHeaders() {
    return Headers.builder()
        .add("Host", "shop.example.com:8000")
        .add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        .add("Accept", "application/json, text/plain, */*")
        .add("Accept-Encoding", "gzip, deflate, br")
        .add("Content-Type", "application/json")
        .add("Content-Length", "1024")
        .add("Connection", "keep-alive")
        .add("Cookie", "session=0123456789abcdef0123456789abcdef")
        .build();
  }

  private static Headers responseHeaders() {
    return Headers.builder()
        .add("Server", "nginx/1.22.1")
        .add("Date", "Mon, 06 Jan 2025 08:00:00 GMT")
        .add("Content-Type", "application/json; charset=utf-8")
        .add("Cache-Control", "no-cache")
        .add("ETag", "\"0123456789abcdef\"")
        .add("Set-Cookie", "session=0123456789abcdef0123456789abcdef; Path=/; HttpOnly")
        .build();
  }

  private static Body body() {
    StringBuilder json = new StringBuilder("{\"items\":[");
    while (json.length() < BODY_BYTES - 40) {
      json.append("{\"id\":").append(json.length()).append(",\"name\":\"bolt\"},");
    }
    json.append("{}]}");
    while (json.length() < BODY_BYTES) {
      json.append(' ');
    }
    return Body.ofText(json.toString());
  }

  static ClientRequest request(String method, Body body) {
    return new ClientRequest(
        CLIENT,
        UUID.randomUUID(),
        TTL_MILLIS,
        new Request(TARGET, method, "/orders/17?expand=items", requestHeaders(), body));
  }

  static ClientRequest post() {
    return request("POST", body());
  }

  static ClientRequest get() {
    return request("GET", Body.ABSENT);
  }

  static UpstreamResponse response(UUID clientReqId, UUID brokerReqId) {
    return new UpstreamResponse(
        CLIENT,
        clientReqId,
        brokerReqId,
        UUID.randomUUID(),
        new Response(200, responseHeaders(), body()));
  }
}
