package io.github.httplongcut.cli.tap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.httplongcut.cli.CommandFailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TracingApiTest {

  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private HttpServer rabbitMq;
  private volatile int status = 200;
  private volatile String answer = "{}";

  @BeforeEach
  void start() throws IOException {
    rabbitMq = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    rabbitMq.createContext("/", this::handle);
    rabbitMq.start();
  }

  @AfterEach
  void stop() {
    rabbitMq.stop(0);
  }

  @Test
  void settingTracingKeepsTheOtherFieldsOfTheVhost() {
    answer =
        """
        {"name": "long/cut", "description": "d", "tags": ["t"], "default_queue_type": "undefined", "tracing": false}
        """;

    api("http://admin:admin@").setTracing(true);

    assertThat(requests)
        .containsExactly(
            "GET /api/vhosts/long%2Fcut Basic YWRtaW46YWRtaW4= ",
            "PUT /api/vhosts/long%2Fcut Basic YWRtaW46YWRtaW4= "
                + "{\"tracing\":true,\"description\":\"d\",\"tags\":[\"t\"]}");
  }

  @Test
  void loginIsPercentDecoded() {
    answer = "[]";

    assertThat(api("http://a%40b:p+%3A%2F@").bindingsOf("amq.rabbitmq.trace")).isZero();

    // a@b:p+:/
    assertThat(requests.get(0)).contains(" Basic YUBiOnArOi8= ");
  }

  @Test
  void errorOfARefusedLoginAsksForAnAdministrator() {
    status = 401;

    assertThatThrownBy(() -> api("http://joe:secret@").tracing())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("'joe'")
        .hasMessageContaining("administrator")
        .hasMessageNotContaining("secret");
  }

  @Test
  void errorNamesAnUnreachableServer() {
    URI url = url("http://admin:admin@");
    rabbitMq.stop(0);

    assertThatThrownBy(() -> new TracingApi(url, "longcut").tracing())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("127.0.0.1:" + url.getPort());
  }

  @Test
  void urlWithoutALoginIsRefused() {
    assertThatThrownBy(() -> api("http://"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("--management");
  }

  /**
   * The name cannot be resolved: the error shows that the client accepts and looks up such a name.
   */
  @Test
  void hostWithAnUnderscoreIsLookedUp() {
    TracingApi api =
        new TracingApi(URI.create("http://joe:secret@no_such_host.invalid:15672"), "longcut");

    assertThatThrownBy(api::tracing)
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("http://no_such_host.invalid:15672", "UnknownHostException")
        .hasMessageNotContaining("secret");
  }

  private TracingApi api(String prefix) {
    return new TracingApi(url(prefix), "long/cut");
  }

  private URI url(String prefix) {
    return URI.create(prefix + "127.0.0.1:" + rabbitMq.getAddress().getPort());
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(
          exchange.getRequestMethod()
              + " "
              + exchange.getRequestURI()
              + " "
              + exchange.getRequestHeaders().getFirst("Authorization")
              + " "
              + new String(exchange.getRequestBody().readAllBytes(), UTF_8));
      byte[] body = answer.getBytes(UTF_8);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
