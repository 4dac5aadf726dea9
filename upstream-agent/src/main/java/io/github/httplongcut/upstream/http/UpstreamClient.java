package io.github.httplongcut.upstream.http;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.WireLimits;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManager;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.core5.http.HttpConnection;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpRequestInterceptor;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.config.CharCodingConfig;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.Http1StreamListener;
import org.apache.hc.core5.http.impl.nio.ClientHttp1StreamDuplexerFactory;
import org.apache.hc.core5.http.impl.nio.DefaultHttpRequestWriterFactory;
import org.apache.hc.core5.http.impl.nio.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.protocol.DefaultHttpProcessor;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.reactor.DefaultConnectingIOReactor;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP/1.1 client for the upstream servers. It combines HttpClient's connection pool and TLS
 * with HttpCore's protocol layer. It leaves out HttpClient's layer in between, which follows
 * redirects, stores cookies, decompresses content and adds header fields: requests must reach the
 * server unchanged.
 *
 * <p>Each target has its own connection pool, since two targets on one server may have different
 * TLS settings.
 */
public final class UpstreamClient implements HttpCaller, AutoCloseable {

  /**
   * Timeout of the TCP connection, and again of the TLS handshake. Shorter than a request's
   * timeout, so that time is left for another agent.
   */
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /**
   * Longest time that an idle connection is kept. Shorter than the idle timeouts of common servers
   * (the shortest is Node.js's, 5 s).
   */
  static final Duration MAX_IDLE = Duration.ofSeconds(4);

  private static final int MAX_HEADER_LINE = 64 * 1024;

  /**
   * One more than the relay's limit, so that {@link HttpExchange} and not HttpCore refuses a
   * response with too many fields: its error message names the limit.
   */
  private static final int MAX_HEADER_LINES = WireLimits.OUTSIDE_HEADER_FIELDS + 1;

  /**
   * Connections in addition to the capacity. The health check needs one, and connections that are
   * being closed still count.
   */
  private static final int SPARE_CONNECTIONS = 8;

  /** Buffers that HttpCore allocates for every connection: input, output and content. */
  private static final int BUFFERS_PER_CONNECTION = 3;

  /** Limit in bytes for the buffers of all connections, at the maximum number of connections. */
  private static final long MAX_BUFFER_BYTES = 48L << 20;

  /** Bytes; enough for the head of most responses. A buffer grows for a longer head. */
  private static final int MIN_BUFFER_SIZE = 1024;

  private static final Logger log = LoggerFactory.getLogger(UpstreamClient.class);

  /**
   * A target with the sources of its connections.
   *
   * @param connector runs connection attempts, which may block in a DNS lookup
   */
  private record Upstream(
      TargetServer server,
      PoolingAsyncClientConnectionManager pool,
      ThreadPoolExecutor connector,
      ServerMetrics metrics) {}

  private final Map<String, Upstream> upstreams = new HashMap<>();
  private final DefaultConnectingIOReactor reactor;

  /**
   * Creates a client for these targets.
   *
   * @throws IOException if a target's CA file cannot be read or contains no certificate
   */
  public UpstreamClient(Collection<TargetConfig> targets, MeterRegistry registry)
      throws IOException {
    this(targets, registry, SystemDefaultDnsResolver.INSTANCE);
  }

  /**
   * Creates a client that resolves host names with {@code resolver}, which may block.
   *
   * @throws IOException if a target's CA file cannot be read or contains no certificate
   */
  UpstreamClient(Collection<TargetConfig> targets, MeterRegistry registry, DnsResolver resolver)
      throws IOException {
    Timer connect = UpstreamStage.CONNECT.register(registry);
    Timer call = UpstreamStage.CALL.register(registry);
    for (TargetConfig target : targets) {
      TargetServer server = TargetServer.of(target);
      try {
        PoolingAsyncClientConnectionManager pool = poolOf(server, resolver);
        ServerMetrics metrics = new ServerMetrics(connect, call, registry, target.name());
        metrics.registerConnections(registry, pool);
        upstreams.put(target.name(), new Upstream(server, pool, connectorOf(target), metrics));
      } catch (IOException e) {
        throw new IOException("upstream target '" + target.name() + "': " + e.getMessage(), e);
      }
    }
    Http1Config limits = limits(bufferSize(targets));
    reactor =
        new DefaultConnectingIOReactor(
            (session, attachment) -> {
              ResponseFraming framing = new ResponseFraming();
              return new ConnectionHandler(
                  duplexerFactory(limits, framing).create(session), framing);
            },
            IOReactorConfig.DEFAULT,
            task -> daemon(task, "upstream http"),
            null,
            failure -> log.error("event=bug thread=upstream-http", failure),
            null,
            null);
  }

  /** Starts the I/O threads. */
  public void start() {
    reactor.start();
  }

  @Override
  public Call call(
      String target, String url, Request request, Purpose purpose, Consumer<Result> whenDone) {
    Upstream upstream = upstreams.get(target);
    HttpCall call =
        new HttpCall(
            new HttpCall.Connections(upstream.pool, reactor, upstream.connector),
            upstream.server,
            new HttpCall.Outgoing(
                request, purpose, () -> httpRequest(upstream.server, url, request)),
            upstream.metrics,
            whenDone);
    call.start();
    return call;
  }

  /** Closes connections that were idle for {@link #MAX_IDLE}. Call about once a second. */
  public void closeIdle() {
    for (Upstream each : upstreams.values()) {
      each.pool.closeExpired();
      each.pool.closeIdle(TimeValue.of(MAX_IDLE));
    }
  }

  /** Closes every connection; calls under way fail. */
  @Override
  public void close() {
    upstreams.values().forEach(each -> each.pool.close(CloseMode.IMMEDIATE));
    upstreams.values().forEach(each -> each.connector.shutdownNow());
    reactor.close(
        CloseMode.GRACEFUL); // IMMEDIATE closes the selectors while their threads still use them
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Creates the thread that opens a target's connections. A DNS lookup blocks, for many seconds if
   * the DNS server does not respond, and must not delay other targets. One thread per target is
   * enough, since the JVM runs only one lookup of a name at a time.
   */
  private static ThreadPoolExecutor connectorOf(TargetConfig target) {
    ThreadPoolExecutor connector =
        new ThreadPoolExecutor(
            1,
            1,
            MAX_IDLE.toSeconds(),
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> daemon(task, "upstream connect " + target.name()));
    connector.allowCoreThreadTimeOut(true);
    return connector;
  }

  private static PoolingAsyncClientConnectionManager poolOf(
      TargetServer server, DnsResolver resolver) throws IOException {
    Timeout timeout = Timeout.of(CONNECT_TIMEOUT);
    return PoolingAsyncClientConnectionManagerBuilder.create()
        .setTlsStrategy(TlsTrust.strategyOf(server.config().trust(), server.host()))
        .setDefaultTlsConfig(
            TlsConfig.custom()
                .setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_1)
                .setHandshakeTimeout(timeout)
                .build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(timeout)
                .setSocketTimeout(Timeout.DISABLED) // the runner enforces the request's deadline
                .build())
        .setDnsResolver(resolver)
        .setMaxConnPerRoute(maxConnections(server.config()))
        .setMaxConnTotal(maxConnections(server.config()))
        .setConnPoolPolicy(PoolReusePolicy.LIFO)
        .build();
  }

  /** Returns HttpCore's default buffer size, or less if there may be many connections. */
  private static int bufferSize(Collection<TargetConfig> targets) {
    int connections = targets.stream().mapToInt(UpstreamClient::maxConnections).sum();
    long each = MAX_BUFFER_BYTES / ((long) BUFFERS_PER_CONNECTION * Math.max(1, connections));
    return (int) Math.max(MIN_BUFFER_SIZE, Math.min(Http1Config.DEFAULT.getBufferSize(), each));
  }

  private static int maxConnections(TargetConfig target) {
    return target.capacity() + SPARE_CONNECTIONS;
  }

  private static Http1Config limits(int bufferSize) {
    return Http1Config.custom()
        .setBufferSize(bufferSize)
        .setMaxLineLength(MAX_HEADER_LINE)
        .setMaxHeaderCount(MAX_HEADER_LINES)
        .build();
  }

  /**
   * Returns a factory for the protocol layer of one connection. Connections cannot share it, since
   * the parser keeps state: whether a request awaits its response.
   */
  private static ClientHttp1StreamDuplexerFactory duplexerFactory(
      Http1Config limits, ResponseFraming framing) {
    ResponseHeadParser parser =
        new ResponseHeadParser(
            new DefaultHttpResponseParserFactory(limits, null, new ResponseLineParser()).create());
    return new ClientHttp1StreamDuplexerFactory(
        new DefaultHttpProcessor(new HttpRequestInterceptor[0]), // adds nothing
        limits,
        // ISO 8859-1 maps each byte to one char. HttpCore's default turns non-ASCII into "?".
        CharCodingConfig.custom().setCharset(StandardCharsets.ISO_8859_1).build(),
        DefaultConnectionReuseStrategy.INSTANCE,
        () -> parser,
        DefaultHttpRequestWriterFactory.INSTANCE,
        framing,
        DefaultContentLengthStrategy.INSTANCE,
        new Http1StreamListener() {
          @Override
          public void onRequestHead(HttpConnection connection, HttpRequest request) {
            parser.expectResponse();
          }

          @Override
          public void onResponseHead(HttpConnection connection, HttpResponse response) {}

          @Override
          public void onExchangeComplete(HttpConnection connection, boolean keepAlive) {}
        });
  }

  static HttpRoute routeOf(TargetServer server) {
    HttpHost host = new HttpHost(server.isTls() ? "https" : "http", server.host(), server.port());
    return new HttpRoute(host, null, server.isTls());
  }

  private static HttpRequest httpRequest(TargetServer server, String url, Request request) {
    // The only constructor that keeps the URL as it is; the others parse and reassemble the URL.
    BasicHttpRequest httpRequest =
        new BasicHttpRequest(
            request.method(), null, new URIAuthority(server.host(), server.port()), url);
    for (Headers.Field field : UpstreamRequestFields.forServer(request, server).fields()) {
      field.values().forEach(value -> httpRequest.addHeader(field.name(), value));
    }
    return httpRequest;
  }
}
