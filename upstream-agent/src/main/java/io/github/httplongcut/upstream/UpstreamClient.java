package io.github.httplongcut.upstream;

import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.protocol.WireLimits;
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
 * Speaks HTTP/1.1 with the upstream servers: the connection pool and TLS of HttpClient over
 * HttpCore's bare protocol, without the part of HttpClient in between, which follows redirects,
 * keeps cookies, inflates, and sends fields of its own. What goes out is what was given.
 *
 * <p>Each target has its own pool: two targets on one server may differ in whom they trust.
 */
final class UpstreamClient implements HttpCaller, AutoCloseable {

  /**
   * For the TCP connection, and again for TLS: less than a request's time, to try another agent.
   */
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /**
   * How long an unused connection is kept: less than the servers that close soonest (Node: 5 s).
   */
  static final Duration MAX_IDLE = Duration.ofSeconds(4);

  private static final int MAX_HEADER_LINE = 64 * 1024;

  /** One more than is relayed: {@link HttpExchange} says in words that it is too many. */
  private static final int MAX_HEADER_LINES = WireLimits.OUTSIDE_HEADER_FIELDS + 1;

  /** Beside the capacity: the health check, and connections that are just being closed. */
  private static final int SPARE_CONNECTIONS = 8;

  /** What HttpCore allocates for each connection, used or not: for input, output and content. */
  private static final int BUFFERS_OF_A_CONNECTION = 3;

  /** So much for the buffers of all connections, if there are as many as there may be. */
  private static final long MAX_BUFFERS = 48L << 20;

  /** The head of most answers; one that is longer makes its buffer grow. */
  private static final int LEAST_BUFFER = 1024;

  private static final Logger log = LoggerFactory.getLogger(UpstreamClient.class);

  private final Map<String, PoolingAsyncClientConnectionManager> pools = new HashMap<>();
  private final DefaultConnectingIOReactor reactor;
  private final Map<String, ThreadPoolExecutor> connectors = new HashMap<>();

  /**
   * A client for these targets, and no others.
   *
   * @throws IOException if a target's CA file is of no use
   */
  UpstreamClient(Collection<Target> targets) throws IOException {
    this(targets, SystemDefaultDnsResolver.INSTANCE);
  }

  /**
   * A client that has names looked up by {@code resolver}, which may block.
   *
   * @throws IOException if a target's CA file is of no use
   */
  UpstreamClient(Collection<Target> targets, DnsResolver resolver) throws IOException {
    for (Target target : targets) {
      try {
        pools.put(target.name(), poolOf(target, resolver));
        connectors.put(target.name(), connectorOf(target));
      } catch (IOException e) {
        throw new IOException("upstream target '" + target.name() + "': " + e.getMessage(), e);
      }
    }
    Http1Config limits = limits(bufferSize(targets));
    reactor =
        new DefaultConnectingIOReactor(
            (session, attachment) -> {
              AnswerFraming framing = new AnswerFraming();
              return new CarefulConnection(protocol(limits, framing).create(session), framing);
            },
            IOReactorConfig.DEFAULT,
            task -> daemon(task, "upstream http"),
            null,
            failure -> log.error("event=bug thread=upstream-http", failure),
            null,
            null);
  }

  /** Starts the I/O threads. */
  void start() {
    reactor.start();
  }

  @Override
  public Call call(Target target, String url, Request request, Consumer<Result> whenDone) {
    HttpCall call =
        new HttpCall(
            new HttpCall.Connections(
                pools.get(target.name()), reactor, connectors.get(target.name())),
            target,
            request,
            () -> httpRequest(target, url, request),
            whenDone);
    call.start();
    return call;
  }

  /** Closes connections that nobody has used for a while; to be called every second or so. */
  void closeIdle() {
    for (PoolingAsyncClientConnectionManager pool : pools.values()) {
      pool.closeExpired();
      pool.closeIdle(TimeValue.of(MAX_IDLE));
    }
  }

  /** Closes every connection; calls under way fail. */
  @Override
  public void close() {
    pools.values().forEach(pool -> pool.close(CloseMode.IMMEDIATE));
    connectors.values().forEach(ThreadPoolExecutor::shutdownNow);
    reactor.close(
        CloseMode.GRACEFUL); // an immediate one closes the selectors under its own threads
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Makes the thread that begins a target's connections. Looking a name up blocks, for many seconds
   * if the DNS server does not answer: that must delay no other target. One thread is enough, since
   * the JVM looks a name up only once at a time.
   */
  private static ThreadPoolExecutor connectorOf(Target target) {
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

  private static PoolingAsyncClientConnectionManager poolOf(Target target, DnsResolver resolver)
      throws IOException {
    Timeout timeout = Timeout.of(CONNECT_TIMEOUT);
    return PoolingAsyncClientConnectionManagerBuilder.create()
        .setTlsStrategy(TlsTrust.strategyOf(target.config().trust(), target.host()))
        .setDefaultTlsConfig(
            TlsConfig.custom()
                .setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_1)
                .setHandshakeTimeout(timeout)
                .build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(timeout)
                .setSocketTimeout(Timeout.DISABLED) // the request's own deadline is the only one
                .build())
        .setDnsResolver(resolver)
        .setMaxConnPerRoute(maxConnections(target))
        .setMaxConnTotal(maxConnections(target))
        .setConnPoolPolicy(PoolReusePolicy.LIFO)
        .build();
  }

  /** HttpCore's own where there is room for it. */
  private static int bufferSize(Collection<Target> targets) {
    int connections = targets.stream().mapToInt(UpstreamClient::maxConnections).sum();
    long each = MAX_BUFFERS / ((long) BUFFERS_OF_A_CONNECTION * Math.max(1, connections));
    return (int) Math.max(LEAST_BUFFER, Math.min(Http1Config.DEFAULT.getBufferSize(), each));
  }

  private static int maxConnections(Target target) {
    return target.capacity() + SPARE_CONNECTIONS;
  }

  private static Http1Config limits(int bufferSize) {
    return Http1Config.custom()
        .setBufferSize(bufferSize)
        .setMaxLineLength(MAX_HEADER_LINE)
        .setMaxHeaderCount(MAX_HEADER_LINES)
        .build();
  }

  /** For one connection: what is read on it depends on what was written. */
  private static ClientHttp1StreamDuplexerFactory protocol(
      Http1Config limits, AnswerFraming framing) {
    WholeHeadParser parser =
        new WholeHeadParser(
            new DefaultHttpResponseParserFactory(limits, null, new AnswerLineParser()).create());
    return new ClientHttp1StreamDuplexerFactory(
        new DefaultHttpProcessor(new HttpRequestInterceptor[0]), // adds nothing
        limits,
        // Bytes are chars, both ways: without it, what is not ASCII becomes question marks.
        CharCodingConfig.custom().setCharset(StandardCharsets.ISO_8859_1).build(),
        DefaultConnectionReuseStrategy.INSTANCE,
        () -> parser,
        DefaultHttpRequestWriterFactory.INSTANCE,
        framing,
        DefaultContentLengthStrategy.INSTANCE,
        new Http1StreamListener() {
          @Override
          public void onRequestHead(HttpConnection connection, HttpRequest request) {
            parser.awaitAnswer();
          }

          @Override
          public void onResponseHead(HttpConnection connection, HttpResponse response) {}

          @Override
          public void onExchangeComplete(HttpConnection connection, boolean keepAlive) {}
        });
  }

  static HttpRoute routeOf(Target target) {
    HttpHost host = new HttpHost(target.isTls() ? "https" : "http", target.host(), target.port());
    return new HttpRoute(host, null, target.isTls());
  }

  private static HttpRequest httpRequest(Target target, String url, Request request) {
    // Of its constructors the only one that does not take the URL apart and put it together anew.
    BasicHttpRequest httpRequest =
        new BasicHttpRequest(
            request.method(), null, new URIAuthority(target.host(), target.port()), url);
    for (Headers.Field field : UpstreamRequestFields.forServer(request, target).fields()) {
      field.values().forEach(value -> httpRequest.addHeader(field.name(), value));
    }
    return httpRequest;
  }
}
