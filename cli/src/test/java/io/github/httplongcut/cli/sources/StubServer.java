package io.github.httplongcut.cli.sources;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** HTTP server with fixed answers, in place of RabbitMQ's management API or of admin pages. */
public final class StubServer implements AutoCloseable {

  private record Answer(int status, Supplier<String> text) {}

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  public StubServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /**
   * Answers this path and query with a status and a body. All others get 404. A path after a method
   * and a space is for this method, and goes before one without.
   */
  public StubServer answer(String path, int status, String body) {
    return answer(path, status, () -> body);
  }

  /** Answers this path and query with a status and a body that may depend on earlier requests. */
  public StubServer answer(String path, int status, Supplier<String> body) {
    answers.put(path, new Answer(status, body));
    return this;
  }

  /** Returns the requests: method, path and query, {@code Authorization}, content. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Returns the URL without a path. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().toString();
      requests.add(
          exchange.getRequestMethod()
              + " "
              + path
              + " "
              + exchange.getRequestHeaders().getFirst("Authorization")
              + " "
              + new String(exchange.getRequestBody().readAllBytes(), UTF_8));
      Answer answer =
          Optional.ofNullable(answers.get(exchange.getRequestMethod() + ' ' + path))
              .or(() -> Optional.ofNullable(answers.get(path)))
              .orElse(new Answer(404, () -> "{}"));
      if (answer.status / 100 == 3) {
        exchange.getResponseHeaders().add("Location", url() + "/elsewhere");
      }
      byte[] body = answer.text.get().getBytes(UTF_8);
      exchange.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
