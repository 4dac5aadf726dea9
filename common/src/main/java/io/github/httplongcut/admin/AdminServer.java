package io.github.httplongcut.admin;

import io.github.httplongcut.config.StartException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  private final AdminPages pages;
  private final AdminListener listener;

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
    AdminAccess access = new AdminAccess(config.tokenFile().map(AdminServer::tokens), isLoopback);
    this.pages = new AdminPages(readiness, metrics, access, limits);
    this.listener = new AdminListener(config, limits, pages.handler());
  }

  private static Supplier<AdminToken> tokens(Path file) {
    try {
      return TokenFile.open(file)::token;
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
    listener.start();
    log.info("event=admin_listening port={}", port());
  }

  /** Returns the port that the server listens on, even if the config says 0. */
  public int port() {
    return listener.port();
  }

  @Override
  public void close() {
    pages.endStreams();
    listener.close();
  }
}
