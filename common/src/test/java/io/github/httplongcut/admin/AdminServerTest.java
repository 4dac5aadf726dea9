package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AdminServerTest {

  static final AdminServer.Limits LIMITS =
      new AdminServer.Limits(Duration.ofSeconds(1), Duration.ofSeconds(90), Duration.ofSeconds(15));

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Readiness readiness = new Readiness();
  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final AdminServer server =
      new AdminServer(new AdminConfig("127.0.0.1", 0), readiness, metrics);

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void close() {
    server.close();
    metrics.close();
  }

  @Test
  void healthzAnswers200WhileTheProcessIsNotReady() throws Exception {
    readiness.set("rabbitmq", () -> new Readiness.State(false, "connecting"));
    HttpResponse<String> response = send("GET", "/healthz");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("ok\n");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
  }

  @Test
  void readyzListsAllConditions() throws Exception {
    AtomicBoolean connected = new AtomicBoolean();
    readiness.set("rabbitmq", () -> new Readiness.State(connected.get(), "\"h\":5672"));
    readiness.set("target.orders", () -> new Readiness.State(true, "healthy"));
    HttpResponse<String> response = send("GET", "/readyz");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(response.body())
        .isEqualTo(
            """
            {"ready":false,"conditions":[{"name":"rabbitmq","ready":false,"detail":"\\"h\\":5672"},\
            {"name":"target.orders","ready":true,"detail":"healthy"}]}
            """);

    connected.set(true);
    assertThat(send("GET", "/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void aConditionThatThrowsIsNotReady() throws Exception {
    readiness.set(
        "broken",
        () -> {
          throw new IllegalStateException("a bug");
        });
    HttpResponse<String> response = send("GET", "/readyz");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).contains("check failed: java.lang.IllegalStateException: a bug");
  }

  @Test
  void metricsIncludeThoseOfTheProcessAndOfTheRole() throws Exception {
    metrics.registry().counter("longcut.requests", "outcome", "answered").increment();
    HttpResponse<String> response = send("GET", "/metrics");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(response.body())
        .contains("jvm_memory_used_bytes{")
        .contains("process_uptime_seconds ")
        .contains("longcut_info{role=\"broker\",version=\"")
        .contains("longcut_requests_total{outcome=\"answered\"} 1.0");
  }

  /** Clients that do not read would otherwise fill the heap with pages of some megabytes. */
  @Test
  void clientsThatDoNotReadLoseTheirConnections() throws Exception {
    for (int i = 0; i < 50_000; i++) {
      metrics.registry().counter("longcut.requests", "target", "target-with-a-long-name-" + i);
    }
    try (AdminServer impatient =
        new AdminServer(
            new AdminConfig("127.0.0.1", 0),
            readiness,
            metrics,
            LIMITS,
            InetAddress::isLoopbackAddress)) {
      impatient.start();
      List<Socket> idle = new ArrayList<>();
      await()
          .until(
              () -> {
                for (int i = 0; i < 4; i++) {
                  idle.add(askForMetrics(impatient));
                }
                return status(impatient, "/metrics") == 503;
              });
      assertThat(status(impatient, "/healthz")).isEqualTo(200);

      await().until(() -> status(impatient, "/metrics") == 200);
      for (Socket each : idle) {
        each.close();
      }
    }
  }

  /** The timeout must not count from the page before, as Prometheus keeps its connection. */
  @Test
  void aConnectionServesLargePagesFurtherApartThanTheWriteTimeout() throws Exception {
    for (int i = 0; i < 50_000; i++) {
      metrics.registry().counter("longcut.requests", "target", "target-with-a-long-name-" + i);
    }
    // Long enough for a busy machine to read a page.
    AdminServer.Limits limits =
        new AdminServer.Limits(Duration.ofSeconds(3), LIMITS.idle(), LIMITS.comment());
    try (AdminServer impatient =
        new AdminServer(
            new AdminConfig("127.0.0.1", 0),
            readiness,
            metrics,
            limits,
            InetAddress::isLoopbackAddress)) {
      impatient.start();
      try (Socket socket = askForMetrics(impatient)) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        assertThat(readPage(in)).isGreaterThan(1 << 20);
        await().pollDelay(limits.write().plusMillis(200)).until(() -> true);
        ask(socket);
        assertThat(readPage(in)).isGreaterThan(1 << 20);
      }
    }
  }

  /** Reads a response, and returns the length of its body. */
  @SuppressWarnings("deprecation") // readLine() is right for a response head
  private static int readPage(DataInputStream in) throws IOException {
    assertThat(in.readLine()).isEqualTo("HTTP/1.1 200 OK");
    int length = -1;
    for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
      if (line.startsWith("Content-Length: ")) {
        length = Integer.parseInt(line.substring("Content-Length: ".length()));
      }
    }
    return in.readNBytes(length).length;
  }

  /** Sends a request, and never reads the response. */
  private static Socket askForMetrics(AdminServer of) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), of.port()));
    ask(socket);
    return socket;
  }

  private static void ask(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
  }

  private static int status(AdminServer of, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + of.port() + path);
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    return CLIENT.send(request, BodyHandlers.discarding()).statusCode();
  }

  @Test
  void otherPathsAndMethodsAreRefused() throws Exception {
    assertThat(send("GET", "/").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/healthz/x").statusCode()).isEqualTo(404);
    assertThat(send("POST", "/healthz").statusCode()).isEqualTo(405);
    assertThat(send("HEAD", "/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void errorNamesAPortThatIsTaken() {
    AdminConfig taken = new AdminConfig("127.0.0.1", server.port());
    try (AdminServer second = new AdminServer(taken, readiness, metrics)) {
      assertThatThrownBy(second::start)
          .isInstanceOf(StartException.class)
          .hasMessage(
              "cannot listen on 127.0.0.1:%d for the admin pages: Address already in use;"
                  + " choose another port with --admin-port",
              server.port());
    }
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build();
    return CLIENT.send(request, BodyHandlers.ofString());
  }
}
