package io.github.httplongcut.admin;

import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.PathHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages of an {@link AdminServer} by path. {@code /healthz} and {@code /readyz} are served on
 * the I/O thread, so that they never wait for another page. All other pages run on worker threads.
 * Pages may be added at any time. Thread-safe.
 */
public final class AdminPages {

  private static final Logger log = LoggerFactory.getLogger(AdminPages.class);

  /** Scrapes at a time. The metrics of a thousand targets have 10 MB. */
  private static final int MAX_SCRAPES = 2;

  /** Scrapes that wait. Further ones get 503. */
  private static final int MAX_WAITING_SCRAPES = 2;

  /** Time to send the body of an action. */
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(10);

  private final PathHandler pages = Handlers.path();
  private final PathHandler actions = Handlers.path(AdminPages::refuseMethod);
  private final EventStreams streams;

  AdminPages(Readiness readiness, ProcessMetrics metrics, EventStream.Limits streamLimits) {
    streams = new EventStreams(streamLimits);
    pages
        .addExactPath("/healthz", exchange -> send(exchange, PageAnswer.text("ok\n")))
        .addExactPath("/readyz", exchange -> send(exchange, ReadinessJson.page(readiness)))
        // Collecting the meters takes milliseconds, which would block the I/O thread.
        .addExactPath(
            "/metrics",
            Handlers.requestLimitingHandler(
                MAX_SCRAPES, MAX_WAITING_SCRAPES, onWorker(page(query -> prometheus(metrics)))));
  }

  private static PageAnswer prometheus(ProcessMetrics metrics) {
    return new PageAnswer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
  }

  /** Adds a page for GET and HEAD. */
  public void add(String path, AdminPage page) {
    pages.addExactPath(path, guarded(onWorker(page(page))));
  }

  /**
   * Adds a page for GET and HEAD of all paths below {@code prefix}. A page with an exact path comes
   * first.
   */
  public void addBelow(String prefix, AdminPage page) {
    pages.addPrefixPath(prefix, guarded(onWorker(page(page))));
  }

  /**
   * Adds an action: a page for POST, which may change something. The request must have the header
   * {@code X-Longcut-Page: 1}. Its body has at most 64 KiB.
   */
  public void addAction(String path, AdminPage action) {
    actions.addExactPath(path, action(action));
  }

  /** Adds an action for all paths below {@code prefix}. */
  public void addActionBelow(String prefix, AdminPage action) {
    actions.addPrefixPath(prefix, action(action));
  }

  /**
   * Adds a file of the class path for GET and HEAD. Its suffix gives its content type.
   *
   * @throws IllegalArgumentException if the resource does not exist, or its suffix is unknown
   */
  public void addStatic(String path, String resource) {
    pages.addExactPath(path, guarded(new StaticFile(resource)));
  }

  /** Adds a stream of server-sent events. */
  public void addStream(String path, EventSources sources) {
    pages.addExactPath(
        path,
        guarded(onWorker(streams.handler(sources, AdminPages::queryOf, exchange -> () -> true))));
  }

  /** Ends all streams. */
  void endStreams() {
    streams.close();
  }

  /** Returns the handler of all pages and actions. */
  HttpHandler handler() {
    return exchange -> {
      HttpString method = exchange.getRequestMethod();
      if (method.equals(Methods.GET) || method.equals(Methods.HEAD)) {
        pages.handleRequest(exchange);
      } else if (method.equals(Methods.POST)) {
        actions.handleRequest(exchange);
      } else {
        refuseMethod(exchange);
      }
    };
  }

  private static void refuseMethod(HttpServerExchange exchange) {
    exchange.setStatusCode(StatusCodes.METHOD_NOT_ALLOWED);
  }

  private static HttpHandler guarded(HttpHandler page) {
    return new LoopbackGuard(page);
  }

  private static HttpHandler action(AdminPage action) {
    return guarded(new ActionGuard(new BodyReader(onWorker(page(action)), BODY_TIMEOUT)));
  }

  private static HttpHandler onWorker(HttpHandler handler) {
    return exchange -> exchange.dispatch(handler);
  }

  private static HttpHandler page(AdminPage page) {
    return exchange -> send(exchange, answer(exchange, page));
  }

  private static PageAnswer answer(HttpServerExchange exchange, AdminPage page) {
    try {
      return page.answer(queryOf(exchange));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return PageAnswer.text(503, "the process is stopping\n");
    } catch (RuntimeException | Error bug) {
      log.error("event=bug page={}", exchange.getResolvedPath(), bug);
      return PageAnswer.text(500, "a bug: see the log of this process\n");
    }
  }

  private static PageQuery queryOf(HttpServerExchange exchange) {
    String path = exchange.getRelativePath();
    Map<String, String> parameters = new HashMap<>();
    for (Map.Entry<String, Deque<String>> each : exchange.getQueryParameters().entrySet()) {
      parameters.put(each.getKey(), each.getValue().getFirst());
    }
    return new PageQuery(
        path.startsWith("/") ? path.substring(1) : path,
        parameters,
        BodyReader.of(exchange),
        "loopback " + exchange.getSourceAddress().getAddress().getHostAddress());
  }

  static void send(HttpServerExchange exchange, PageAnswer answer) {
    exchange.setStatusCode(answer.status());
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, answer.contentType());
    SecurityHeaders.add(exchange);
    exchange.getResponseSender().send(answer.body());
  }
}
