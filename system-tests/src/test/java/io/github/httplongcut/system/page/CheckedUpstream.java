package io.github.httplongcut.system.page;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/** An upstream server whose health check can be made to fail. */
final class CheckedUpstream implements AutoCloseable {

  static final String HEALTH = "/health";

  private final HttpServer server;
  private volatile int health = 200;

  CheckedUpstream() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/",
        exchange -> {
          boolean isCheck = exchange.getRequestURI().getPath().equals(HEALTH);
          try (exchange) {
            exchange.sendResponseHeaders(isCheck ? health : 200, -1);
          }
        });
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Answers each health check with this status from now on. */
  void answerChecksWith(int status) {
    health = status;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
