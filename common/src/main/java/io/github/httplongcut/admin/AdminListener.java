package io.github.httplongcut.admin;

import io.github.httplongcut.config.StartException;
import io.github.httplongcut.listener.HttpAcceptor;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;

/**
 * Accepts the connections of an {@link AdminServer}, with one I/O thread and its own workers.
 * {@link AdminConnections} limits them, since Undertow's own limit lets probes wait behind idle
 * ones.
 */
final class AdminListener implements AutoCloseable {

  /** Threads for all pages but {@code /healthz} and {@code /readyz}. */
  private static final int WORKERS = 2;

  /** Time to send a whole request head. */
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  /** Largest request head. All servers of a host get the cookies of all. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  static final int MAX_CONNECTIONS = 200;

  /** Largest body. {@link ActionBodyReader} answers 413 above its limit, which is lower. */
  private static final long MAX_BODY_BYTES = 2L * ActionBodyReader.MAX_BYTES;

  private final AdminConfig config;
  private final AdminServer.Limits limits;
  private final AdminConnections connections = new AdminConnections(MAX_CONNECTIONS);
  private final HttpAcceptor acceptor;

  /** Creates a listener that does not listen yet. */
  AdminListener(AdminConfig config, AdminServer.Limits limits, HttpHandler handler) {
    this.config = config;
    this.limits = limits;
    acceptor =
        new HttpAcceptor(
            new HttpAcceptor.Threads("admin", 1, WORKERS),
            OptionMap.builder()
                .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, (int) REQUEST_TIMEOUT.toMillis())
                .set(UndertowOptions.NO_REQUEST_TIMEOUT, (int) limits.idle().toMillis())
                .set(UndertowOptions.MAX_HEADER_SIZE, MAX_HEAD_BYTES)
                // Also bounds how much of a body is read that no page wants.
                .set(UndertowOptions.MAX_ENTITY_SIZE, MAX_BODY_BYTES)
                .getMap(),
            exchange -> {
              connections.onRequest(exchange);
              handler.handleRequest(exchange);
            });
  }

  /**
   * Starts to listen.
   *
   * @throws StartException if it cannot listen on the configured address
   */
  void start() {
    try {
      acceptor.startThreads();
      acceptor.listen(
          new InetSocketAddress(config.host(), config.port()),
          OptionMap.builder()
              // Bounds what is accepted and not yet counted.
              .set(Options.CONNECTION_HIGH_WATER, 2 * MAX_CONNECTIONS)
              .set(Options.CONNECTION_LOW_WATER, 2 * MAX_CONNECTIONS)
              .set(Options.WRITE_TIMEOUT, (int) limits.write().toMillis())
              .getMap(),
          this::open);
    } catch (IOException | RuntimeException e) {
      close();
      throw StartException.cannotListen(
          "the admin pages", config.host(), config.port(), "--admin-port", e);
    }
  }

  private void open(StreamConnection connection) {
    if (connections.add(connection)) {
      acceptor.serve(connection);
    } else {
      IoUtils.safeClose(connection);
    }
  }

  /** Returns the port that it listens on, even if the config says 0. */
  int port() {
    return acceptor.port();
  }

  /** Closes the port and all connections. */
  @Override
  public void close() {
    acceptor.closeNow();
  }
}
