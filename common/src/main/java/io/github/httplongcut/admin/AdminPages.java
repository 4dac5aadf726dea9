package io.github.httplongcut.admin;

import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.PathHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
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
  private static final HttpString CONTENT_TYPE_OPTIONS = new HttpString("X-Content-Type-Options");

  /** Scrapes at a time. The metrics of a thousand targets have 10 MB. */
  private static final int MAX_SCRAPES = 2;

  /** Scrapes that wait. Further ones get 503. */
  private static final int MAX_WAITING_SCRAPES = 2;

  private final PathHandler paths = Handlers.path();

  AdminPages(Readiness readiness, ProcessMetrics metrics) {
    paths
        .addExactPath("/healthz", exchange -> send(exchange, PageAnswer.text("ok\n")))
        .addExactPath("/readyz", exchange -> send(exchange, ReadinessJson.page(readiness)))
        // Collecting the meters takes milliseconds, which would block the I/O thread.
        .addExactPath(
            "/metrics",
            Handlers.requestLimitingHandler(
                MAX_SCRAPES, MAX_WAITING_SCRAPES, onWorker(query -> prometheus(metrics))));
  }

  private static PageAnswer prometheus(ProcessMetrics metrics) {
    return new PageAnswer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
  }

  /** Adds a page that is served to loopback addresses only ({@link LoopbackGuard}). */
  public void add(String path, AdminPage page) {
    paths.addExactPath(path, new LoopbackGuard(onWorker(page)));
  }

  /**
   * Adds a page for all paths below {@code prefix}, served to loopback addresses only. A page with
   * an exact path comes first.
   */
  public void addBelow(String prefix, AdminPage page) {
    paths.addPrefixPath(prefix, new LoopbackGuard(onWorker(page)));
  }

  /** Returns the handler of all pages. */
  HttpHandler handler() {
    return paths;
  }

  private static HttpHandler onWorker(AdminPage page) {
    HttpHandler handler = exchange -> send(exchange, guarded(exchange, page));
    return exchange -> exchange.dispatch(handler);
  }

  private static PageAnswer guarded(HttpServerExchange exchange, AdminPage page) {
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
    return new PageQuery(path.startsWith("/") ? path.substring(1) : path, parameters);
  }

  static void send(HttpServerExchange exchange, PageAnswer answer) {
    exchange.setStatusCode(answer.status());
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, answer.contentType());
    exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
    exchange.getResponseHeaders().put(CONTENT_TYPE_OPTIONS, "nosniff");
    exchange.getResponseSender().send(answer.body());
  }
}
