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
 * The echo server: HTTP/1.1, a thread for each connection, so that a delay may simply sleep. It is
 * Apache's HTTP server and not Undertow because that keeps headers in a hash table, and an echo has
 * to show the order they came in.
 */
final class EchoServer implements AutoCloseable {

  private final HttpServer server;

  private EchoServer(HttpServer server) {
    this.server = server;
  }

  /** Listens on that address and port; 0 is any free port. */
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
            // One handler whatever the Host says: the library's own router refuses hosts that it
            // does not know.
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

  /** Waits until somebody closes the server. */
  void awaitEnd() throws InterruptedException {
    server.awaitTermination(TimeValue.MAX_VALUE);
  }

  @Override
  public void close() {
    server.close(CloseMode.IMMEDIATE);
  }
}
