package io.github.httplongcut.admin;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.github.httplongcut.config.StartException;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.AllowedMethodsHandler;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;

/**
 * HTTP server of the admin pages, with its own threads:
 *
 * <ul>
 *   <li>{@code /healthz} answers 200 while the process lives.
 *   <li>{@code /readyz} answers 200 if all conditions of {@link Readiness} hold, else 503; the JSON
 *       body lists them.
 *   <li>{@code /metrics} answers in Prometheus' text format.
 * </ul>
 */
public final class AdminServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  private final AdminConfig config;
  private final Readiness readiness;
  private final ProcessMetrics metrics;
  private final Undertow server;

  /** Creates a server that does not listen yet. */
  public AdminServer(AdminConfig config, Readiness readiness, ProcessMetrics metrics) {
    this.config = config;
    this.readiness = readiness;
    this.metrics = metrics;
    this.server =
        Undertow.builder()
            .addHttpListener(config.port(), config.host())
            .setIoThreads(1)
            .setWorkerThreads(1)
            .setWorkerOption(Options.WORKER_NAME, "admin")
            .setHandler(pages())
            .build();
  }

  /**
   * Starts to listen.
   *
   * @throws StartException if the server cannot listen on the configured address
   */
  public void start() {
    try {
      server.start();
    } catch (RuntimeException e) {
      throw StartException.cannotListen(
          "the admin pages", config.host(), config.port(), "--admin-port", e);
    }
    log.info("event=admin_listening port={}", port());
  }

  /** Returns the port that the server listens on, even if the config says 0. */
  public int port() {
    return ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
  }

  @Override
  public void close() {
    server.stop();
  }

  private HttpHandler pages() {
    HttpHandler paths =
        Handlers.path()
            .addExactPath("/healthz", httpExchange -> answer(httpExchange, "text/plain", "ok\n"))
            .addExactPath("/readyz", this::answerReadiness)
            .addExactPath(
                "/metrics",
                httpExchange ->
                    answer(
                        httpExchange,
                        "text/plain; version=0.0.4; charset=utf-8",
                        metrics.scrape()));
    // Collecting the meters takes milliseconds, which would block the I/O thread.
    HttpHandler onWorker = httpExchange -> httpExchange.dispatch(paths);
    return new AllowedMethodsHandler(onWorker, Methods.GET, Methods.HEAD);
  }

  private void answerReadiness(HttpServerExchange httpExchange) {
    List<Readiness.Condition> conditions = readiness.conditions();
    boolean ready = conditions.stream().allMatch(Readiness.Condition::ready);
    httpExchange.setStatusCode(ready ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
    answer(httpExchange, "application/json", toJson(ready, conditions));
  }

  private static String toJson(boolean ready, List<Readiness.Condition> conditions) {
    List<Map<String, Object>> list = conditions.stream().map(AdminServer::toMap).toList();
    return ConfigValueFactory.fromMap(Map.of("ready", ready, "conditions", list))
            .render(ConfigRenderOptions.concise())
        + "\n";
  }

  private static Map<String, Object> toMap(Readiness.Condition condition) {
    return Map.of(
        "name", condition.name(), "ready", condition.ready(), "detail", condition.detail());
  }

  private static void answer(HttpServerExchange httpExchange, String contentType, String body) {
    httpExchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
    httpExchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
    httpExchange.getResponseSender().send(body);
  }
}
