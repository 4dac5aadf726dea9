package io.github.httplongcut.otlp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An OTLP collector for tests. It decodes the exports that it receives. */
final class OtlpCollector implements AutoCloseable {

  /** Way in which the collector answers. */
  enum Behaviour {
    ACCEPTS,
    FAILS,
    NEVER_ANSWERS,
    ANSWERS_WITHOUT_END
  }

  /** An export, with its header fields. */
  record Export(String contentType, String authorization, ExportMetricsServiceRequest metrics) {}

  private final List<Export> exports = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Behaviour behaviour;
  private final HttpServer server;

  OtlpCollector(Behaviour behaviour) throws IOException {
    this.behaviour = behaviour;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/metrics", this::receive);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/metrics");
  }

  /** Returns the exports so far. */
  List<Export> exports() {
    return exports;
  }

  private void receive(HttpExchange exchange) throws IOException {
    exports.add(
        new Export(
            exchange.getRequestHeaders().getFirst("Content-Type"),
            exchange.getRequestHeaders().getFirst("Authorization"),
            ExportMetricsServiceRequest.parseFrom(exchange.getRequestBody())));
    switch (behaviour) {
      case ACCEPTS -> answer(exchange, 200);
      case FAILS -> answer(exchange, 503);
      case NEVER_ANSWERS -> {}
      case ANSWERS_WITHOUT_END -> answerWithoutEnd(exchange);
    }
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  /** Writes until the client closes the connection. */
  private static void answerWithoutEnd(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream body = exchange.getResponseBody()) {
      while (true) {
        body.write(new byte[64 * 1024]);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
