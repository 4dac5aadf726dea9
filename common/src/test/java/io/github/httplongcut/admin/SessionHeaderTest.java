package io.github.httplongcut.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Role;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The header of answers that are served because of a session. All requests are from loopback. */
final class SessionHeaderTest {

  private static final String TOKEN = "0123456789abcdef-token";
  private static final String HEADER = "X-Longcut-Session";

  @TempDir private Path directory;

  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private AdminServer server;

  @BeforeEach
  void start() throws IOException {
    Path tokenFile = Files.writeString(directory.resolve("token"), TOKEN);
    server =
        new AdminServer(
            new AdminConfig("127.0.0.1", 0, Optional.of(tokenFile)),
            new Readiness(),
            metrics,
            AdminServerTest.LIMITS,
            InetAddress::isLoopbackAddress);
    server.pages().add("/api/x", query -> PageAnswer.text("x"));
    server.pages().add("/api/error", query -> PageAnswer.error(404, "unknown_id", "no such id"));
    server.pages().addStatic("/", "admin/static.html");
    server.pages().addAction("/api/do", query -> PageAnswer.text("done"));
    server.pages().addStream("/api/stream", query -> () -> List.of(new ServerSentEvent("n", "1")));
    server.start();
  }

  @AfterEach
  void close() {
    server.close();
    metrics.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/x", "/api/error", "/api/stream", "/metrics"})
  void onlyAnswersBecauseOfASessionHaveTheHeader(String path) throws Exception {
    String cookie = logIn();

    assertThat(get(path, "Cookie", cookie).firstValue(HEADER)).hasValue("1");
    assertThat(get(path, "Cookie", cookie + "x").firstValue(HEADER)).as("loopback").isEmpty();
    assertThat(get(path, "Accept", "*/*").firstValue(HEADER)).as("loopback").isEmpty();
    assertThat(get(path, "Authorization", "Bearer " + TOKEN).firstValue(HEADER))
        .as("token")
        .isEmpty();
  }

  @Test
  void answersOfActionsHaveTheHeaderUntilTheLogout() throws Exception {
    String cookie = logIn();

    assertThat(post("/api/do", cookie).firstValue(HEADER)).hasValue("1");
    assertThat(post("/logout", cookie).firstValue(HEADER)).isEmpty();
    assertThat(post("/api/do", cookie).firstValue(HEADER)).isEmpty();
  }

  private String logIn() throws IOException, InterruptedException {
    HttpHeaders answer =
        send(request("/login").POST(BodyPublishers.ofString("token=" + TOKEN)).build());
    assertThat(answer.firstValue(HEADER)).isEmpty();
    String cookie = answer.firstValue("Set-Cookie").orElseThrow();
    return cookie.substring(0, cookie.indexOf(';'));
  }

  private HttpHeaders get(String path, String name, String value)
      throws IOException, InterruptedException {
    return send(request(path).header(name, value).build());
  }

  private HttpHeaders post(String path, String cookie) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Cookie", cookie)
            .header("X-Longcut-Page", "1")
            .POST(BodyPublishers.noBody())
            .build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  /** Returns the headers of the answer, without waiting for the end of a stream. */
  private HttpHeaders send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer = client.send(request, BodyHandlers.ofInputStream());
    answer.body().close();
    return answer.headers();
  }
}
