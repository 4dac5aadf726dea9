package io.github.httplongcut.admin;

import io.github.httplongcut.config.StartException;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Predicate;
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
 *   <li>{@code /login} lets people log in with the token of {@code admin.token-file}.
 *   <li>{@link AdminPages} has further pages. {@link AdminAccess} says who may read them.
 * </ul>
 */
public final class AdminServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  /** Threads for all pages but {@code /healthz} and {@code /readyz}. */
  private static final int WORKERS = 2;

  /** Time to send a whole request head. */
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  /** Largest request head. All servers of a host get the cookies of all. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  /**
   * Time limits of the server.
   *
   * @param write time to send a part of a page or the events of a stream, and to receive the body
   *     of an action; a client that takes longer loses its connection
   * @param idle time between two requests of a connection; Prometheus asks each minute at least
   * @param comment time without an event after which a stream sends a comment
   */
  record Limits(Duration write, Duration idle, Duration comment) {}

  private static final Limits LIMITS =
      new Limits(Duration.ofSeconds(10), Duration.ofSeconds(90), Duration.ofSeconds(15));

  private static final byte[] IPV4_LOOPBACK = {127, 0, 0, 1};

  /** Further clients wait until a connection is closed. */
  private static final int MAX_CONNECTIONS = 200;

  /** Largest body. {@link ActionBodyReader} answers 413 above its limit, which is lower. */
  private static final long MAX_BODY_BYTES = 2L * ActionBodyReader.MAX_BYTES;

  private final AdminConfig config;
  private final AdminPages pages;
  private final Undertow server;

  /** Creates a server that does not listen yet. */
  public AdminServer(AdminConfig config, Readiness readiness, ProcessMetrics metrics) {
    this(config, readiness, metrics, LIMITS, AdminServer::isThisHost);
  }

  /**
   * Returns whether an address is 127.0.0.1 or ::1. Some sidecar proxies forward requests of others
   * from a further address of 127.0.0.0/8.
   */
  static boolean isThisHost(InetAddress address) {
    byte[] bytes = address.getAddress();
    return address.isLoopbackAddress()
        && (bytes.length != 4 || Arrays.equals(bytes, IPV4_LOOPBACK));
  }

  /**
   * @param isLoopback returns whether an address is a loopback address
   */
  AdminServer(
      AdminConfig config,
      Readiness readiness,
      ProcessMetrics metrics,
      Limits limits,
      Predicate<InetAddress> isLoopback) {
    this.config = config;
    AdminAccess access = new AdminAccess(config.tokenFile().map(AdminServer::open), isLoopback);
    this.pages = new AdminPages(readiness, metrics, access, limits);
    this.server =
        Undertow.builder()
            .addHttpListener(config.port(), config.host())
            .setIoThreads(1)
            .setWorkerThreads(WORKERS)
            .setWorkerOption(Options.WORKER_NAME, "admin")
            .setSocketOption(Options.WRITE_TIMEOUT, (int) limits.write.toMillis())
            .setSocketOption(Options.CONNECTION_HIGH_WATER, MAX_CONNECTIONS)
            .setSocketOption(Options.CONNECTION_LOW_WATER, MAX_CONNECTIONS)
            .setServerOption(
                UndertowOptions.REQUEST_PARSE_TIMEOUT, (int) REQUEST_TIMEOUT.toMillis())
            .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, (int) limits.idle.toMillis())
            .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEAD_BYTES)
            // Also bounds how much of a body is read that no page wants.
            .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, MAX_BODY_BYTES)
            .setHandler(pages.handler())
            .build();
  }

  private static TokenFile open(Path file) {
    try {
      return TokenFile.open(file);
    } catch (IOException e) {
      throw new StartException("admin.token-file: " + e.getMessage(), e);
    }
  }

  /** Returns the pages, to which further ones may be added. */
  public AdminPages pages() {
    return pages;
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
    pages.endStreams();
    server.stop();
  }
}
