package io.github.httplongcut.client;

import io.github.httplongcut.client.accesslog.AccessEntry;
import io.github.httplongcut.client.accesslog.AccessEntry.Received;
import io.github.httplongcut.client.accesslog.AccessEntry.Relaying;
import io.github.httplongcut.client.accesslog.AccessEntry.Result;
import io.github.httplongcut.client.accesslog.AccessLog;
import io.github.httplongcut.client.accesslog.AccessLogConfig.Visibility;
import io.github.httplongcut.http.HeaderRules;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Reports each request that has ended to the meters and to the access log. Called on I/O threads.
 */
final class RequestReporter {

  /** Maximum length of a method and of an {@code X-Request-Id}, in characters. */
  private static final int MAX_SHORT_CHARS = 200;

  private static final HttpString FORWARDED_FOR = new HttpString(HeaderRules.FORWARDED_FOR);
  private static final HttpString REQUEST_ID = new HttpString("X-Request-Id");
  private static final HttpString REFERER = new HttpString("Referer");
  private static final HttpString USER_AGENT = new HttpString("User-Agent");

  private final RequestMetrics metrics;
  private final AccessLog accessLog;
  private final Callers callers;

  RequestReporter(RequestMetrics metrics, AccessLog accessLog, Callers callers) {
    this.metrics = metrics;
    this.accessLog = accessLog;
    this.callers = callers;
  }

  /**
   * Sender and time of a request.
   *
   * @param peer address of the connection's peer; null if the connection was closed already
   * @param startedAt {@code nanoTime}
   */
  record Origin(InetSocketAddress peer, long startedAt) {
    private Instant receivedAt() {
      return Instant.now().minusNanos(System.nanoTime() - startedAt);
    }
  }

  /** Returns the meters of the requests. */
  RequestMetrics metrics() {
    return metrics;
  }

  /**
   * Reports a request that a handler took.
   *
   * @param origin from a time at which the connection was open
   */
  void ended(
      UUID firstId,
      HttpServerExchange httpExchange,
      Origin origin,
      Relaying relaying,
      Result result) {
    record(relaying, result);
    if (accessLog.isOn()) {
      String caller = callers.addressOf(origin.peer(), values(httpExchange, FORWARDED_FOR));
      accessLog.write(
          new AccessEntry(
              origin.receivedAt(), firstId, caller, received(httpExchange), relaying, result));
    }
  }

  /** Reports a request that Undertow could not parse. */
  void malformed(UUID id, Origin origin, Result result) {
    record(Relaying.NONE, result);
    if (accessLog.isOn()) {
      String caller = callers.addressOf(origin.peer(), List.of());
      accessLog.write(
          new AccessEntry(
              origin.receivedAt(), id, caller, Received.NOTHING, Relaying.NONE, result));
    }
  }

  private void record(Relaying relaying, Result result) {
    metrics.ended(relaying.upstreamTarget(), result.outcome(), result.nanos());
    metrics.bytes(relaying.upstreamTarget(), result.requestBytes(), result.responseBytes());
  }

  private Received received(HttpServerExchange httpExchange) {
    boolean withQuery = accessLog.config().query() == Visibility.LOGGED;
    boolean withFields = accessLog.config().fields() == Visibility.LOGGED;
    return new Received(
        AccessEntry.cut(httpExchange.getRequestMethod().toString(), MAX_SHORT_CHARS),
        AccessEntry.cut(RequestHead.pathOf(httpExchange)),
        withQuery ? AccessEntry.cut(httpExchange.getQueryString()) : "",
        httpExchange.getProtocol().toString(),
        withFields ? AccessEntry.cut(text(httpExchange, REFERER)) : "",
        withFields ? AccessEntry.cut(text(httpExchange, USER_AGENT)) : "",
        AccessEntry.cut(text(httpExchange, REQUEST_ID), MAX_SHORT_CHARS));
  }

  private static String text(HttpServerExchange httpExchange, HttpString name) {
    return String.join(", ", values(httpExchange, name));
  }

  private static List<String> values(HttpServerExchange httpExchange, HttpString name) {
    HeaderValues values = httpExchange.getRequestHeaders().get(name);
    return values == null ? List.of() : values;
  }
}
