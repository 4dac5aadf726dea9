package io.github.httplongcut.admin;

import io.github.httplongcut.config.StartException;
import io.undertow.UndertowOptions;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;

/**
 * Accepts the connections of an {@link AdminServer}, with one I/O thread and its own workers. Uses
 * Undertow without its builder, whose limit of connections lets probes wait behind idle ones.
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

  private static final int BUFFER_BYTES = 16 << 10;
  private static final int BACKLOG = 1024;
  private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(2);

  private final AdminConfig config;
  private final AdminServer.Limits limits;
  private final AdminConnections connections = new AdminConnections(MAX_CONNECTIONS);
  private final DefaultByteBufferPool buffers = new DefaultByteBufferPool(true, BUFFER_BYTES);
  private final HttpOpenListener http;
  private XnioWorker worker;
  private AcceptingChannel<StreamConnection> accepting;

  /** Creates a listener that does not listen yet. */
  AdminListener(AdminConfig config, AdminServer.Limits limits, HttpHandler handler) {
    this.config = config;
    this.limits = limits;
    http =
        new HttpOpenListener(
            buffers,
            OptionMap.builder()
                .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, (int) REQUEST_TIMEOUT.toMillis())
                .set(UndertowOptions.NO_REQUEST_TIMEOUT, (int) limits.idle().toMillis())
                .set(UndertowOptions.MAX_HEADER_SIZE, MAX_HEAD_BYTES)
                // Also bounds how much of a body is read that no page wants.
                .set(UndertowOptions.MAX_ENTITY_SIZE, MAX_BODY_BYTES)
                .getMap());
    http.setRootHandler(
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
      worker =
          Xnio.getInstance(AdminListener.class.getClassLoader())
              .createWorker(
                  OptionMap.builder()
                      .set(Options.WORKER_NAME, "admin")
                      .set(Options.WORKER_IO_THREADS, 1)
                      .set(Options.WORKER_TASK_CORE_THREADS, WORKERS)
                      .set(Options.WORKER_TASK_MAX_THREADS, WORKERS)
                      .set(Options.THREAD_DAEMON, true)
                      .getMap());
      accepting =
          worker.createStreamConnectionServer(
              new InetSocketAddress(config.host(), config.port()),
              ChannelListeners.openListenerAdapter(this::open),
              OptionMap.builder()
                  .set(Options.TCP_NODELAY, true)
                  .set(Options.REUSE_ADDRESSES, true)
                  .set(Options.BACKLOG, BACKLOG)
                  // Bounds what is accepted and not yet counted.
                  .set(Options.CONNECTION_HIGH_WATER, 2 * MAX_CONNECTIONS)
                  .set(Options.CONNECTION_LOW_WATER, 2 * MAX_CONNECTIONS)
                  .set(Options.WRITE_TIMEOUT, (int) limits.write().toMillis())
                  .getMap());
    } catch (IOException | RuntimeException e) {
      close();
      throw StartException.cannotListen(
          "the admin pages", config.host(), config.port(), "--admin-port", e);
    }
    accepting.resumeAccepts();
  }

  private void open(StreamConnection connection) {
    if (connections.add(connection)) {
      http.handleEvent(connection);
    } else {
      IoUtils.safeClose(connection);
    }
  }

  /** Returns the port that it listens on, even if the config says 0. */
  int port() {
    return accepting.getLocalAddress(InetSocketAddress.class).getPort();
  }

  /** Closes the port and all connections. */
  @Override
  public void close() {
    if (accepting != null && accepting.isOpen()) { // a second close would wait for ended threads
      IoUtils.safeClose(accepting);
    }
    http.closeConnections();
    if (worker != null) {
      worker.shutdownNow();
      try {
        worker.awaitTermination(SHUTDOWN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    buffers.close();
  }
}
