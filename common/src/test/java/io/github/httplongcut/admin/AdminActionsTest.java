package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.config.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Actions and files of the page. */
final class AdminActionsTest {

  private static final String FROM_PAGE = "X-Longcut-Page: 1\r\n";

  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private final AdminServer server =
      new AdminServer(new AdminConfig("127.0.0.1", 0), new Readiness(), metrics);

  @BeforeEach
  void start() {
    server
        .pages()
        .addActionBelow(
            "/api/requests",
            query ->
                PageAnswer.text(
                    202, query.subPath() + ' ' + query.body() + ' ' + query.user() + '\n'));
    server.pages().addAction("/api/exact", query -> PageAnswer.text(query.body()));
    server.pages().addBelow("/api/requests", query -> PageAnswer.text("page"));
    server.pages().addStatic("/page/x", "admin/static.html");
    server.start();
  }

  @AfterEach
  void close() {
    server.close();
    metrics.close();
  }

  @Test
  void anActionGetsPathBodyAndUser() throws IOException {
    assertThat(post("/api/requests/7/replay", FROM_PAGE, "{}"))
        .startsWith("HTTP/1.1 202")
        .contains("Cache-Control: no-store")
        .endsWith("7/replay {} loopback 127.0.0.1\n");
    assertThat(get("/api/requests/7/replay", "")).startsWith("HTTP/1.1 200").endsWith("page");
  }

  @Test
  void aBodyMayArriveInPartsOrInChunks() throws IOException {
    try (Socket socket = connect()) {
      send(socket, head("POST", "/api/exact", FROM_PAGE + "Transfer-Encoding: chunked\r\n"));
      send(socket, "3\r\nabc\r\n");
      send(socket, "2\r\nde\r\n0\r\n\r\n");

      assertThat(answer(socket)).startsWith("HTTP/1.1 200").endsWith("abcde");
    }
  }

  @Test
  void anActionNeedsTheHeaderOfThePage() throws IOException {
    assertThat(post("/api/exact", "Content-Type: text/plain\r\n", "{}"))
        .startsWith("HTTP/1.1 403")
        .contains("no_page_header");
    assertThat(post("/api/exact", "X-Longcut-Page: 0\r\n", "{}")).startsWith("HTTP/1.1 403");
  }

  @Test
  void aLongBodyIsRefused() throws IOException {
    String longest = "x".repeat(ActionBodyReader.MAX_BYTES);
    assertThat(post("/api/exact", FROM_PAGE, longest)).startsWith("HTTP/1.1 200").endsWith(longest);
    assertThat(post("/api/exact", FROM_PAGE, longest + 'x')).startsWith("HTTP/1.1 413");
    try (Socket socket = connect()) {
      send(socket, head("POST", "/api/exact", FROM_PAGE + "Transfer-Encoding: chunked\r\n"));
      send(socket, "10001\r\n" + longest + "x\r\n0\r\n\r\n");

      assertThat(answer(socket)).startsWith("HTTP/1.1 413");
    }
    assertThat(post("/api/exact", FROM_PAGE + "Content-Length: 2147483647\r\n", ""))
        .startsWith("HTTP/1.1 413");
  }

  @Test
  void onlyPostReachesAnAction() throws IOException {
    assertThat(get("/api/exact", FROM_PAGE)).startsWith("HTTP/1.1 404");
    assertThat(exchange(head("PUT", "/api/exact", FROM_PAGE))).startsWith("HTTP/1.1 405");
    assertThat(exchange(head("OPTIONS", "/api/exact", FROM_PAGE))).startsWith("HTTP/1.1 405");
    assertThat(post("/page/x", FROM_PAGE, "")).startsWith("HTTP/1.1 405");
  }

  @Test
  void aFileHasItsTypeAndATagAndTheHeadersOfThePage() throws IOException {
    String answer = get("/page/x", "");

    assertThat(answer)
        .startsWith("HTTP/1.1 200")
        .contains("Content-Type: text/html; charset=utf-8\r\n")
        .contains("Cache-Control: no-cache\r\n")
        .contains("X-Content-Type-Options: nosniff\r\n")
        .contains("X-Frame-Options: DENY\r\n")
        .contains("Referrer-Policy: no-referrer\r\n")
        .contains("Content-Security-Policy: default-src 'none'; script-src 'self';")
        .endsWith("<title>static</title>\n");
    String tag = answer.lines().filter(line -> line.startsWith("ETag: ")).findFirst().get();
    assertThat(get("/page/x", "If-None-Match: " + tag.substring(6) + "\r\n"))
        .startsWith("HTTP/1.1 304")
        .doesNotContain("<title>");
    assertThat(get("/page/x", "If-None-Match: \"other\"\r\n")).startsWith("HTTP/1.1 200");
    assertThat(exchange(head("HEAD", "/page/x", "")))
        .startsWith("HTTP/1.1 200")
        .endsWith("\r\n\r\n");
  }

  @Test
  void aFileMustExistAndHaveAKnownSuffix() {
    assertThatThrownBy(() -> server.pages().addStatic("/x", "admin/none.html"))
        .hasMessage("not on the class path: admin/none.html");
    assertThatThrownBy(() -> server.pages().addStatic("/x", "logback-test.xml"))
        .hasMessage("no content type for logback-test.xml");
  }

  private String get(String path, String headers) throws IOException {
    return exchange(head("GET", path, headers));
  }

  private String post(String path, String headers, String body) throws IOException {
    String length =
        headers.contains("Content-Length") ? "" : "Content-Length: " + body.length() + "\r\n";
    return exchange(head("POST", path, headers + length) + body);
  }

  private static String head(String method, String path, String headers) {
    return "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
        .formatted(method, path, headers);
  }

  private String exchange(String request) throws IOException {
    try (Socket socket = connect()) {
      send(socket, request);
      return answer(socket);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(US_ASCII));
  }

  private static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), US_ASCII);
  }
}
