package io.github.httplongcut.client;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.listener.HttpAcceptor;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;

/**
 * Accepts the connections of callers, within their shares, and installs a {@link CallerSink} in
 * each. Accepting can stop before everything else.
 */
final class HttpListener implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HttpListener.class);

  /** File descriptors kept for RabbitMQ connections, the admin port, selectors and files. */
  private static final int RESERVED_FILE_DESCRIPTORS = 64;

  /** Bytes by which Undertow's limit of a head exceeds ours, so that our answer is sent. */
  private static final int HEAD_SLACK_BYTES = 64 * 1024;

  private final ClientAgentConfig config;
  private final Callers callers;
  private final ExceededShares exceeded;
  private final AnswerFields answerFields;
  private final RequestReporter reporter;
  private final HttpAcceptor acceptor;
  private ConnectionShares shares;

  /**
   * @param exceeded is called for each connection that is closed because of a share
   * @param answerFields for answers that no handler writes
   * @param reporter is told of the requests that no handler sees
   */
  HttpListener(
      ClientAgentConfig config,
      HttpHandler handler,
      ExceededShares exceeded,
      AnswerFields answerFields,
      RequestReporter reporter) {
    this.config = config;
    this.callers = config.callers();
    this.exceeded = exceeded;
    this.answerFields = answerFields;
    this.reporter = reporter;
    int ioThreads = Math.max(2, Runtime.getRuntime().availableProcessors());
    this.acceptor =
        new HttpAcceptor(new HttpAcceptor.Threads("http", ioThreads, 1), options(config), handler);
  }

  private static OptionMap options(ClientAgentConfig config) {
    ClientAgentConfig.Limits limits = config.limits();
    int head = (int) Math.min(Integer.MAX_VALUE / 2, limits.maxHeadersSize() + limits.maxUrl());
    return OptionMap.builder()
        // URLs stay as received, and Undertow adds no fields to answers.
        .set(UndertowOptions.DECODE_URL, false)
        .set(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
        .set(UndertowOptions.ALWAYS_SET_DATE, false)
        .set(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
        // RequestHead and BodyReader enforce our limits, so Undertow's limits are higher.
        .set(UndertowOptions.MAX_HEADER_SIZE, head + HEAD_SLACK_BYTES)
        .set(UndertowOptions.MAX_HEADERS, Integer.MAX_VALUE)
        .set(UndertowOptions.MAX_PARAMETERS, Integer.MAX_VALUE)
        .set(UndertowOptions.MAX_ENTITY_SIZE, -1L)
        .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, millis(config.listener().readTimeout()))
        .set(UndertowOptions.NO_REQUEST_TIMEOUT, millis(config.listener().idleTimeout()))
        .getMap();
  }

  private static int millis(Duration duration) {
    return (int) Math.min(Integer.MAX_VALUE, duration.toMillis());
  }

  /**
   * Starts to accept connections.
   *
   * @throws StartException if the listener cannot bind the port
   */
  void start() {
    ClientAgentConfig.Listener address = config.listener();
    try {
      acceptor.startThreads();
      int maxConnections = maxConnections(); // of the file descriptors that the threads leave
      shares = new ConnectionShares(maxConnections, config.shares().rule());
      acceptor.listen(
          new InetSocketAddress(address.host(), address.port()),
          OptionMap.builder()
              .set(Options.KEEP_ALIVE, true)
              // Further callers wait in the backlog until a connection is closed.
              .set(Options.CONNECTION_HIGH_WATER, maxConnections)
              .set(Options.CONNECTION_LOW_WATER, maxConnections)
              .getMap(),
          this::open);
    } catch (IOException | RuntimeException e) {
      close();
      throw StartException.cannotListen("HTTP", address.host(), address.port(), "--port", e);
    }
    log.info("event=http_listening host={} port={}", address.host(), port());
  }

  /**
   * Returns {@code max-connections}, or fewer if there are too few file descriptors. Once a
   * connection cannot be accepted for lack of file descriptors, accepting keeps failing, even after
   * some are free again.
   */
  private int maxConnections() {
    int allowed = config.listener().maxConnections();
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      long free =
          system.getMaxFileDescriptorCount()
              - system.getOpenFileDescriptorCount()
              - RESERVED_FILE_DESCRIPTORS;
      if (free < allowed) {
        log.warn(
            "event=few_file_descriptors max_connections={} file_descriptors={} remedy=\"raise"
                + " the open files limit (ulimit -n) or lower max-connections\"",
            Math.max(1, free),
            system.getMaxFileDescriptorCount());
        return (int) Math.max(1, free);
      }
    }
    return allowed;
  }

  private void open(StreamConnection connection) {
    CallerAddress caller = callers.ofConnection(connection.getPeerAddress(InetSocketAddress.class));
    long now = System.nanoTime();
    if (!shares.acquire(caller, now)) {
      exceeded.ofCaller(caller, ExceededShares.Room.CONNECTIONS, now);
      IoUtils.safeClose(connection);
      return;
    }
    // Undertow adds its own listener. Each is called once, even for a closed connection.
    connection.setCloseListener(closed -> shares.release(caller));
    CallerSink.install(connection, config.listener().idleTimeout(), answerFields, reporter);
    acceptor.serve(connection);
  }

  /** Returns the number of open connections. For tests that look for leaks. */
  int openConnections() {
    return shares.connections();
  }

  /** Returns the port on which this listener accepts, also if the configured port is 0. */
  int port() {
    return acceptor.port();
  }

  /** Stops accepting connections. Open connections stay open. */
  void stopAccepting() {
    acceptor.stopAccepting();
  }

  /** Closes every connection and ends the threads. */
  @Override
  public void close() {
    acceptor.close();
  }
}
