package io.github.httplongcut.client;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.httplongcut.config.StartException;
import io.undertow.UndertowOptions;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;

/**
 * Accepts the connections of callers. Uses Undertow's HTTP/1.1 without Undertow's builder, so that
 * a {@link CallerSink} can be installed in each connection, and so that accepting can stop before
 * everything else.
 */
final class HttpListener implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HttpListener.class);

  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int BACKLOG = 1024;
  private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(2);

  /** File descriptors kept for RabbitMQ connections, the admin port, selectors and files. */
  private static final int RESERVED_FILE_DESCRIPTORS = 64;

  /** Bytes by which Undertow's limit of a head exceeds ours, so that our answer is sent. */
  private static final int HEAD_SLACK_BYTES = 64 * 1024;

  private final ClientAgentConfig config;
  private final Callers callers;
  private final ExceededShares exceeded;
  private final AnswerFields answerFields;
  private final RequestReporter reporter;
  private final HttpOpenListener connections;
  private final DefaultByteBufferPool buffers = new DefaultByteBufferPool(true, BUFFER_BYTES);
  private ConnectionShares shares;
  private XnioWorker worker;
  private AcceptingChannel<StreamConnection> accepting;

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
    this.connections = new HttpOpenListener(buffers, options(config));
    connections.setRootHandler(handler);
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
    int ioThreads = Math.max(2, Runtime.getRuntime().availableProcessors());
    ClientAgentConfig.Listener address = config.listener();
    try {
      worker =
          Xnio.getInstance(HttpListener.class.getClassLoader())
              .createWorker(
                  OptionMap.builder()
                      .set(Options.WORKER_NAME, "http")
                      .set(Options.WORKER_IO_THREADS, ioThreads)
                      .set(Options.WORKER_TASK_CORE_THREADS, 1)
                      .set(Options.WORKER_TASK_MAX_THREADS, 1)
                      .set(Options.THREAD_DAEMON, true)
                      .getMap());
      accepting = listen(new InetSocketAddress(address.host(), address.port()));
    } catch (IOException | RuntimeException e) {
      close();
      throw StartException.cannotListen("HTTP", address.host(), address.port(), "--port", e);
    }
    accepting.resumeAccepts();
    log.info("event=http_listening host={} port={}", address.host(), port());
  }

  private AcceptingChannel<StreamConnection> listen(InetSocketAddress address) throws IOException {
    int maxConnections = maxConnections();
    shares = new ConnectionShares(maxConnections, config.shares().rule());
    OptionMap sockets =
        OptionMap.builder()
            .set(Options.TCP_NODELAY, true)
            .set(Options.REUSE_ADDRESSES, true)
            .set(Options.KEEP_ALIVE, true)
            .set(Options.BACKLOG, BACKLOG)
            // Further callers wait in the backlog until a connection is closed.
            .set(Options.CONNECTION_HIGH_WATER, maxConnections)
            .set(Options.CONNECTION_LOW_WATER, maxConnections)
            .getMap();
    return worker.createStreamConnectionServer(
        address, ChannelListeners.openListenerAdapter(this::open), sockets);
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
    connections.handleEvent(connection);
  }

  /** Returns the number of open connections. For tests that look for leaks. */
  int openConnections() {
    return shares.connections();
  }

  /** Returns the port on which this listener accepts, also if the configured port is 0. */
  int port() {
    return accepting.getLocalAddress(InetSocketAddress.class).getPort();
  }

  /** Stops accepting connections. Open connections stay open. */
  void stopAccepting() {
    if (accepting != null && accepting.isOpen()) { // a second close would wait for ended threads
      IoUtils.safeClose(accepting);
    }
  }

  /** Closes every connection and ends the threads. */
  @Override
  public void close() {
    stopAccepting();
    connections.closeConnections();
    if (worker != null) {
      worker.shutdown();
      try {
        if (!worker.awaitTermination(SHUTDOWN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
          worker.shutdownNow();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    buffers.close();
  }
}
