package io.github.httplongcut.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@link RelayProcess} with a shell script in place of a role. The test has its pages. */
class RelayProcessTest {

  private static final String METRICS =
      """
      # HELP longcut_requests_total help
      longcut_requests_total{target="a"} 2.0
      longcut_requests_total{target="b c"} 3.0
      longcut_requests_total_of_another_metric 100.0
      longcut_agents 1.0
      """;

  @TempDir private Path directory;

  private final AtomicInteger notReady = new AtomicInteger();
  private HttpServer admin;

  @BeforeEach
  void startAdminPages() throws IOException {
    admin = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    admin.createContext(
        "/readyz", exchange -> answer(exchange, notReady.getAndDecrement() > 0 ? 503 : 200, ""));
    admin.createContext("/metrics", exchange -> answer(exchange, 200, METRICS));
    admin.start();
  }

  @AfterEach
  void stopAdminPages() {
    admin.stop(0);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Test
  void portsAreReadFromTheLog() {
    try (RelayProcess process =
        start("echo INFO event=http_listening host=127.0.0.1 port=8000 tls=no; exec cat")) {
      assertThat(process.port("http_listening")).isEqualTo(8000);
    }
  }

  @Test
  void awaitsReadiness() {
    notReady.set(3);
    try (RelayProcess process = start(listening() + "exec cat")) {
      assertThat(process.isReady()).isFalse();
      assertThat(process.awaitReady().isReady()).isTrue();
    }
  }

  @Test
  void endOfTheProcessEndsTheWaitForReadiness() {
    admin.stop(0);
    try (RelayProcess process = start(listening() + "echo event=fatal; exit 1")) {
      assertThatThrownBy(process::awaitReady)
          .isInstanceOf(TestkitException.class)
          .hasMessageContainingAll("broker ended with exit code 1", "event=fatal");
    }
  }

  @Test
  void readinessOfAnEndedProcessIsAnError() {
    admin.stop(0);
    try (RelayProcess process = start(listening())) {
      assertThatThrownBy(process::isReady)
          .isInstanceOf(TestkitException.class)
          .hasMessageContaining("/readyz of broker");
    }
  }

  @Test
  void metricIsTheSumOverItsLabels() {
    try (RelayProcess process = start(listening() + "exec cat")) {
      assertThat(process.metric("longcut_requests_total")).isEqualTo(5);
      assertThat(process.metric("longcut_agents")).isEqualTo(1);
      assertThat(process.metric("longcut_unknown")).isZero();
      assertThat(process.metrics()).isEqualTo(METRICS);
    }
  }

  @Test
  void optionsNameTheProcessAndRabbitMq() {
    assertThat(RelayProcess.options("b-1", URI.create("amqp://broker:broker@127.0.0.1:5672/v")))
        .containsExactly(
            "--id", "b-1", "--admin-port", "0", "--amqp", "amqp://broker:broker@127.0.0.1:5672/v");
  }

  private String listening() {
    return "echo event=admin_listening port=" + admin.getAddress().getPort() + "; ";
  }

  private RelayProcess start(String script) {
    Path log = directory.resolve("broker.log");
    return new RelayProcess(ChildProcess.start("broker", List.of("sh", "-c", script), log));
  }
}
