package io.github.httplongcut.admin;

import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.PathHandler;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages of an {@link AdminServer} by path. {@code /healthz} and {@code /readyz} are served to
 * everybody, on the I/O thread, so that they never wait for another page. {@link AdminAccess} says
 * who may read all other pages, which run on worker threads. Pages may be added at any time.
 * Thread-safe.
 */
public final class AdminPages {

  private static final Logger log = LoggerFactory.getLogger(AdminPages.class);

  /** Scrapes at a time. The metrics of a thousand targets have 10 MB. */
  private static final int MAX_SCRAPES = 2;

  /** Scrapes that wait. Further ones get 503. */
  private static final int MAX_WAITING_SCRAPES = 2;

  private final PathHandler pages = Handlers.path();
  private final PathHandler actions = Handlers.path(AdminPages::refuseMethod);
  private final AdminAccess access;
  private final EventStreams streams;
  private final Duration bodyTimeout;
  private volatile boolean hasFrontPage;

  AdminPages(
      Readiness readiness, ProcessMetrics metrics, AdminAccess access, AdminServer.Limits limits) {
    this.access = access;
    this.streams = new EventStreams(new EventStream.Limits(limits.write(), limits.comment()));
    this.bodyTimeout = limits.write();
    HttpHandler scrapes =
        Handlers.requestLimitingHandler(
            MAX_SCRAPES, MAX_WAITING_SCRAPES, onWorker(page(query -> prometheus(metrics))));
    pages
        .addExactPath("/healthz", exchange -> send(exchange, PageAnswer.text("ok\n")))
        .addExactPath("/readyz", exchange -> send(exchange, ReadinessJson.page(readiness)))
        .addExactPath("/metrics", guarded(scrapes));
    addLogin(new LoginPages(access, () -> hasFrontPage));
  }

  private void addLogin(LoginPages login) {
    pages
        .addExactPath(LoginPages.LOGIN, onWorker(login::form))
        .addExactPath("/login.css", login.style());
    actions
        .addExactPath(LoginPages.LOGIN, new ActionBodyReader(onWorker(login::logIn), bodyTimeout))
        .addExactPath("/logout", onWorker(new ActionGuard(login::logOut)));
  }

  private static PageAnswer prometheus(ProcessMetrics metrics) {
    return new PageAnswer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
  }

  /** Adds a page for GET and HEAD. */
  public void add(String path, AdminPage page) {
    addExact(path, page(page));
  }

  /**
   * Adds a page for GET and HEAD of all paths below {@code prefix}. A page with an exact path comes
   * first.
   */
  public void addBelow(String prefix, AdminPage page) {
    pages.addPrefixPath(prefix, guarded(page(page)));
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
    addExact(path, new StaticFile(resource));
  }

  /** Adds a stream of server-sent events. */
  public void addStream(String path, EventSources sources) {
    addExact(path, streams.handler(sources, AdminPages::queryOf));
  }

  private void addExact(String path, HttpHandler page) {
    pages.addExactPath(path, guarded(page));
    if (path.equals("/")) {
      hasFrontPage = true;
    }
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

  /** Checks the access and serves the page on a worker thread: a token file may be slow to read. */
  private HttpHandler guarded(HttpHandler page) {
    return onWorker(new AccessGuard(access, page));
  }

  private HttpHandler action(AdminPage action) {
    return guarded(new ActionGuard(new ActionBodyReader(onWorker(page(action)), bodyTimeout)));
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
        ActionBodyReader.of(exchange),
        AccessGuard.of(exchange).user());
  }

  static void send(HttpServerExchange exchange, PageAnswer answer) {
    send(exchange, answer, headers -> {});
  }

  /**
   * Sends an answer.
   *
   * @param header changes the headers of the response
   */
  static void send(HttpServerExchange exchange, PageAnswer answer, Consumer<HeaderMap> header) {
    exchange.setStatusCode(answer.status());
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, answer.contentType());
    SecurityHeaders.add(exchange);
    header.accept(exchange.getResponseHeaders());
    exchange.getResponseSender().send(answer.body());
  }
}
