package io.github.httplongcut.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.ProcessId;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AdminPagesTest {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

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
  void aPageGetsTheRestOfItsPathAndTheFirstOfEachParameter() throws Exception {
    server.pages().addBelow("/api/requests", query -> PageAnswer.text(query.toString()));
    server.pages().add("/api/requests", query -> PageAnswer.text("all"));

    assertThat(get("/api/requests/a%20b?x=1%262&x=3&empty=").body())
        .isEqualTo(
            "PageQuery[subPath=a b, parameters={x=1&2, empty=}, body=, user=loopback 127.0.0.1]");
    assertThat(get("/api/requests").body()).isEqualTo("all");
    assertThat(get("/api/requests").headers().firstValue("Cache-Control")).hasValue("no-store");
  }

  @Test
  void anEmptyParameterIsAbsent() throws Exception {
    server
        .pages()
        .add(
            "/api/x",
            query -> PageAnswer.text(query.parameter("a").or(() -> query.parameter("b")).get()));

    assertThat(get("/api/x?a=&b=2").body()).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]:8002"})
  void loopbackNamesAreServed(String host) throws IOException {
    server.pages().add("/api/x", query -> PageAnswer.text("secret"));

    assertThat(raw("Host: " + host)).startsWith("HTTP/1.1 200").contains("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "[::2]",
        "localhost:",
        "localhost\r\nHost: evil.example",
        ""
      })
  void otherNamesAreRefused(String host) throws IOException {
    server.pages().add("/api/x", query -> PageAnswer.text("secret"));

    assertThat(raw("Host: " + host)).doesNotContain("secret").startsWith("HTTP/1.1 4");
  }

  @Test
  void aRequestWithoutHostIsRefused() throws IOException {
    server.pages().add("/api/x", query -> PageAnswer.text("secret"));

    assertThat(exchange("GET /api/x HTTP/1.0\r\n\r\n"))
        .startsWith("HTTP/1.0 403")
        .contains("only if Host is localhost, 127.0.0.1 or [::1]: set admin.token-file");
  }

  @Test
  void pagesOfBeforeAreServedWhateverTheHost() throws IOException {
    assertThat(exchange("GET /healthz HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void healthAndReadinessDoNotWaitForStuckPages() throws Exception {
    int pages = 8; // more than there are workers
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch stuck = new CountDownLatch(2);
    server
        .pages()
        .add(
            "/api/stuck",
            query -> {
              stuck.countDown();
              release.await();
              return PageAnswer.text("at last");
            });
    List<CompletableFuture<HttpResponse<String>>> waiting =
        IntStream.range(0, pages)
            .mapToObj(i -> CLIENT.sendAsync(request("/api/stuck"), BodyHandlers.ofString()))
            .toList();
    try {
      assertThat(stuck.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();

      assertThat(get("/healthz").statusCode()).isEqualTo(200);
      assertThat(get("/readyz").statusCode()).isEqualTo(200);
      assertThat(waiting).noneMatch(CompletableFuture::isDone);
    } finally {
      release.countDown();
    }
    for (CompletableFuture<HttpResponse<String>> each : waiting) {
      assertThat(each.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS).body()).isEqualTo("at last");
    }
  }

  @Test
  void aBugIsAnsweredWith500() throws Exception {
    server
        .pages()
        .add(
            "/api/bug",
            query -> {
              throw new IllegalStateException("secret");
            });

    HttpResponse<String> response = get("/api/bug");

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).isEqualTo("a bug: see the log of this process\n");
  }

  @Test
  void theProcessPageDescribesTheProcess() throws Exception {
    addProcessPages();
    readiness.set("rabbitmq", () -> new Readiness.State(false, "connecting"));

    JsonNode process = new ObjectMapper().readTree(get("/api/process").body());

    assertThat(process.fieldNames())
        .toIterable()
        .containsExactly(
            "role",
            "id",
            "name",
            "version",
            "started_at",
            "now",
            "pid",
            "java",
            "ready",
            "conditions");
    assertThat(process.get("role").textValue()).isEqualTo("broker");
    assertThat(process.get("id").textValue()).isEqualTo("broker.b-1-abcdef");
    assertThat(process.get("name").textValue()).isEqualTo("b-1");
    assertThat(process.get("pid").longValue()).isEqualTo(ProcessHandle.current().pid());
    assertThat(Instant.parse(process.get("started_at").textValue()))
        .isBefore(Instant.parse(process.get("now").textValue()));
    assertThat(process.get("ready").booleanValue()).isFalse();
    assertThat(process.get("conditions").toString())
        .isEqualTo("[{\"name\":\"rabbitmq\",\"ready\":false,\"detail\":\"connecting\"}]");
  }

  @Test
  void theOtherProcessPagesAreTexts() throws Exception {
    addProcessPages();

    assertThat(get("/api/config").body()).isEqualTo("longcut { }\n");
    assertThat(get("/api/threads").body()).contains("\"admin task-").contains("threadDump");
    assertThat(get("/api/log").headers().firstValue("Content-Type"))
        .hasValue("text/plain; charset=utf-8");
  }

  private void addProcessPages() {
    ProcessDescription description =
        new ProcessDescription(
            Role.BROKER, "b-1", () -> ProcessId.parse("broker.b-1-abcdef"), "longcut { }\n");
    ProcessPages.add(
        server.pages(), new ProcessInfo(description, readiness), description.settings());
  }

  private HttpRequest request(String path) {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    return HttpRequest.newBuilder(uri).timeout(TIMEOUT).build();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(request(path), BodyHandlers.ofString());
  }

  private String raw(String host) throws IOException {
    return exchange("GET /api/x HTTP/1.1\r\n" + host + "\r\nConnection: close\r\n\r\n");
  }

  private String exchange(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout((int) TIMEOUT.toMillis());
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
