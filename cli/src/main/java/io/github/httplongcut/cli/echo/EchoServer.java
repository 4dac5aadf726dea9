package io.github.httplongcut.cli.echo;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.bootstrap.HttpServer;
import org.apache.hc.core5.http.impl.bootstrap.ServerBootstrap;
import org.apache.hc.core5.http.impl.io.DefaultBHttpServerConnectionFactory;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestParserFactory;
import org.apache.hc.core5.http.message.BasicLineParser;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;

/**
 * HTTP/1.1 server with one thread for each connection, so that a delay may block. Uses Apache's
 * HTTP server because Undertow does not keep the order of the headers, which an echo must show.
 */
final class EchoServer implements AutoCloseable {

  private final HttpServer server;

  private EchoServer(HttpServer server) {
    this.server = server;
  }

  /** Starts a server on this address and port; port 0 picks a free port. */
  static EchoServer start(InetAddress host, int port) throws IOException {
    EchoHandler handler = new EchoHandler();
    HttpServer server =
        ServerBootstrap.bootstrap()
            .setLocalAddress(host)
            .setListenerPort(port)
            .setHttpProcessor(HttpProcessors.server("longcut-echo"))
            .setConnectionFactory(
                DefaultBHttpServerConnectionFactory.builder()
                    .http1Config(Http1Config.DEFAULT)
                    .requestParserFactory(
                        new DefaultHttpRequestParserFactory(
                            BasicLineParser.INSTANCE, new ReceivedRequest.Factory()))
                    .build())
            // One handler for every Host: the library's router rejects unknown hosts.
            .setRequestRouter((request, context) -> handler)
            .create();
    server.start();
    return new EchoServer(server);
  }

  String url() {
    InetAddress host = server.getInetAddress();
    String literal =
        host instanceof Inet6Address ? "[" + host.getHostAddress() + "]" : host.getHostAddress();
    return "http://" + literal + ":" + server.getLocalPort();
  }

  /** Waits until the server is closed. */
  void awaitEnd() throws InterruptedException {
    server.awaitTermination(TimeValue.MAX_VALUE);
  }

  @Override
  public void close() {
    server.close(CloseMode.IMMEDIATE);
  }
}
