package io.github.httplongcut.system.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.httplongcut.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/**
 * An upstream server that answers 200 until it gets a fault: it refuses connections, answers {@code
 * /health} with 500, or changes its certificate. Its port does not change.
 */
final class FaultyServer implements AutoCloseable {

  static final String HEALTH = "/health";

  private final int port = Ports.free();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Optional<SSLContext> tls;
  private HttpServer server;
  private volatile boolean healthy = true;

  private FaultyServer(Optional<SSLContext> tls) {
    this.tls = tls;
    listen();
  }

  static FaultyServer http() {
    return new FaultyServer(Optional.empty());
  }

  static FaultyServer https(SSLContext tls) {
    return new FaultyServer(Optional.of(tls));
  }

  URI url() {
    return URI.create((tls.isPresent() ? "https" : "http") + "://localhost:" + port);
  }

  /** Closes the port and all connections. */
  void refuse() {
    server.stop(0);
  }

  /** Opens the port again. */
  void listen() {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try {
      if (tls.isPresent()) {
        HttpsServer https = HttpsServer.create(address, 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls.get()));
        server = https;
      } else {
        server = HttpServer.create(address, 0);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Closes all connections, and opens the port again with another certificate. */
  void present(SSLContext certificate) {
    refuse();
    tls = Optional.of(certificate);
    listen();
  }

  /** Determines whether the health check passes. */
  void healthy(boolean passes) {
    healthy = passes;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean fails = !healthy && exchange.getRequestURI().getPath().equals(HEALTH);
      byte[] body = (fails ? "the database is down" : "well").getBytes(UTF_8);
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(fails ? 500 : 200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    refuse();
    threads.shutdownNow();
  }
}
