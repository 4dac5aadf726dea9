package io.github.httplongcut.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.config.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Access from this host and from others. For these servers only 127.0.0.1 is a loopback address.
 */
final class AdminAccessTest {

  private static final String TOKEN = "0123456789abcdef-token";
  private static final String REMOTE = "127.0.0.2";
  private static final String LOCAL = "127.0.0.1";
  private static final String BEARER = "Authorization: Bearer " + TOKEN + "\r\n";
  private static final String FROM_PAGE = "X-Longcut-Page: 1\r\n";

  /** Headers of a link that somebody follows on a page of another site. */
  private static final String LINK =
      "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";

  private static final AdminServer.Limits LIMITS = AdminServerTest.LIMITS;

  @TempDir private Path directory;

  private final ProcessMetrics metrics = new ProcessMetrics(Role.BROKER, Optional.empty());
  private Path tokenFile;
  private AdminServer withToken;
  private AdminServer withoutToken;

  @BeforeEach
  void start() throws IOException {
    tokenFile = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    withToken = started(Optional.of(tokenFile));
    withoutToken = started(Optional.empty());
  }

  private AdminServer started(Optional<Path> token) {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    AdminServer server =
        new AdminServer(
            new AdminConfig("127.0.0.1", 0, token),
            new Readiness(),
            metrics,
            LIMITS,
            loopback::equals);
    server.pages().add("/api/x", query -> PageAnswer.text("secret for " + query.user()));
    server.pages().addStatic("/", "admin/static.html");
    server.pages().addAction("/api/do", query -> PageAnswer.text("done by " + query.user()));
    server
        .pages()
        .addStream("/api/stream", query -> () -> List.of(new ServerSentEvent("secret", "1")));
    server.start();
    return server;
  }

  @AfterEach
  void close() {
    withToken.close();
    withoutToken.close();
    metrics.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/x", "/metrics", "/api/stream"})
  void withoutATokenFileOnlyLoopbackIsServed(String path) throws IOException {
    assertThat(get(withoutToken, REMOTE, path, BEARER))
        .startsWith("HTTP/1.1 403")
        .contains("set admin.token-file (LONGCUT_ADMIN_TOKEN_FILE)");
    assertThat(status(withoutToken, LOCAL, path)).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/readyz"})
  void healthNeedsNoToken(String path) throws IOException {
    assertThat(status(withToken, REMOTE, path)).isEqualTo(200);
    assertThat(status(withoutToken, REMOTE, path)).isEqualTo(200);
    assertThat(get(withToken, REMOTE, path, "Origin: http://evil.example\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/x", "/metrics"})
  void anotherAddressNeedsTheToken(String path) throws IOException {
    assertThat(get(withToken, REMOTE, path, ""))
        .startsWith("HTTP/1.1 401")
        .contains("WWW-Authenticate: Bearer")
        .contains("\"error\":\"no_token\"");
    assertThat(get(withToken, REMOTE, path, "Authorization: Bearer " + TOKEN + "x\r\n"))
        .startsWith("HTTP/1.1 401");
    assertThat(get(withToken, REMOTE, path, "Authorization: Basic " + TOKEN + "\r\n"))
        .startsWith("HTTP/1.1 401");
    assertThat(get(withToken, REMOTE, path, BEARER)).startsWith("HTTP/1.1 200");
    assertThat(get(withToken, LOCAL, path, "")).startsWith("HTTP/1.1 200");
  }

  @Test
  void thePageLearnsWhoAsks() throws IOException {
    assertThat(get(withToken, REMOTE, "/api/x", BEARER))
        .endsWith("secret for token from 127.0.0.2");
    assertThat(get(withToken, LOCAL, "/api/x", "")).endsWith("secret for loopback 127.0.0.1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Forwarded-For: 1.2.3.4\r\n",
        "X-Forwarded-Proto: https\r\n",
        "Forwarded: for=1.2.3.4\r\n",
        "Via: 1.1 proxy\r\n",
        "X-Real-IP: 1.2.3.4\r\n",
        "X-Envoy-Peer-Metadata-Id: sidecar\r\n",
        "Host: a.example\r\n"
      })
  void whatAProxyForwardsIsNotFromLoopback(String header) throws IOException {
    assertThat(get(withoutToken, LOCAL, "/api/x", header)).startsWith("HTTP/1.1 403");
    assertThat(get(withToken, LOCAL, "/api/x", header)).startsWith("HTTP/1.1 401");
    assertThat(get(withToken, LOCAL, "/api/x", header + BEARER)).startsWith("HTTP/1.1 200");
  }

  /** A sidecar proxy may forward requests of others from 127.0.0.6. */
  @Test
  void onlyTwoAddressesAreThisHost() throws IOException {
    assertThat(AdminServer.isThisHost(InetAddress.getByAddress(new byte[] {127, 0, 0, 1})))
        .isTrue();
    byte[] ipv6 = new byte[16];
    ipv6[15] = 1;
    assertThat(AdminServer.isThisHost(InetAddress.getByAddress(ipv6))).isTrue();
    assertThat(AdminServer.isThisHost(InetAddress.getByAddress(new byte[] {127, 0, 0, 6})))
        .isFalse();
    assertThat(AdminServer.isThisHost(InetAddress.getByAddress(new byte[] {10, 0, 0, 1})))
        .isFalse();
  }

  @Test
  void aBrowserIsSentToTheLogin() throws IOException {
    String html = "Accept: text/html,application/xhtml+xml\r\n";
    assertThat(get(withToken, REMOTE, "/", html))
        .startsWith("HTTP/1.1 303")
        .contains("Location: /login\r\n")
        .doesNotContain("static");
    assertThat(get(withToken, REMOTE, "/api/x", html)).startsWith("HTTP/1.1 401");
    assertThat(get(withToken, REMOTE, "/login", html))
        .startsWith("HTTP/1.1 200")
        .contains("Referrer-Policy: same-origin\r\n")
        .contains("Content-Security-Policy: default-src 'none';")
        .contains("<form method=\"post\">") // an action would drop the fragment of the address
        .doesNotContain("alert");
    assertThat(status(withToken, REMOTE, "/login.css")).isEqualTo(200);
    assertThat(get(withoutToken, REMOTE, "/login", html)).startsWith("HTTP/1.1 403");
  }

  @Test
  void aLoginOpensASessionUntilTheLogout() throws IOException {
    String answer = logIn(REMOTE, "token=" + TOKEN);
    assertThat(answer)
        .startsWith("HTTP/1.1 303")
        .contains("Location: /\r\n")
        .contains("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax\r\n")
        .doesNotContain(TOKEN);
    String cookie = cookieOf(answer);

    assertThat(get(withToken, "127.0.0.3", "/api/x", cookie))
        .endsWith("secret for token from 127.0.0.3");
    assertThat(post(withToken, REMOTE, "/api/do", cookie + FROM_PAGE, ""))
        .startsWith("HTTP/1.1 200");
    assertThat(post(withToken, REMOTE, "/logout", cookie + FROM_PAGE, ""))
        .startsWith("HTTP/1.1 303")
        .contains("longcut_admin=; Path=/; Max-Age=0;");
    assertThat(get(withToken, REMOTE, "/api/x", cookie)).startsWith("HTTP/1.1 401");
  }

  @Test
  void aLogoutNeedsTheHeaderOfThePage() throws IOException {
    String cookie = cookieOf(logIn(REMOTE, "token=" + TOKEN));

    assertThat(post(withToken, REMOTE, "/logout", cookie, ""))
        .startsWith("HTTP/1.1 403")
        .contains("no_page_header")
        .doesNotContain("Set-Cookie");
    assertThat(get(withToken, REMOTE, "/api/x", cookie)).startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"token=" + TOKEN + "x", "token=0123456789abcde", "token=%00", "x=" + TOKEN})
  void aWrongTokenOpensNoSession(String form) throws IOException {
    assertThat(logIn(REMOTE, form))
        .startsWith("HTTP/1.1 4")
        .contains("<p role=\"alert\">")
        .doesNotContain("Set-Cookie");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "token=", "token=%", "token=%zz", "&&&"})
  void aFormWithoutATokenIsRefused(String form) throws IOException {
    assertThat(logIn(REMOTE, form)).startsWith("HTTP/1.1 400").doesNotContain("Set-Cookie");
  }

  @Test
  void aChangedFileReplacesTheTokenAndEndsSessionsAndStreams() throws IOException {
    String cookie = cookieOf(logIn(REMOTE, "token=" + TOKEN));
    String changed = "fedcba9876543210";
    try (Socket stream = connect(withToken, REMOTE)) {
      send(stream, head("GET", "/api/stream", cookie));
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(stream.getInputStream(), US_ASCII));
      assertThat(lines.readLine()).startsWith("HTTP/1.1 200");

      Files.writeString(tokenFile, changed);

      await().until(() -> get(withToken, REMOTE, "/api/x", BEARER).startsWith("HTTP/1.1 401"));
      assertThat(get(withToken, REMOTE, "/api/x", cookie)).startsWith("HTTP/1.1 401");
      assertThat(get(withToken, REMOTE, "/api/x", BEARER.replace(TOKEN, changed)))
          .startsWith("HTTP/1.1 200");
      assertThat(lines.lines().reduce((one, next) -> next)).as("end of the stream").isPresent();
    }
  }

  @Test
  void whileTheFileIsInvalidTheLastTokenHolds() throws IOException {
    Files.writeString(tokenFile, "short");
    await()
        .during(Duration.ofMillis(1_200))
        .until(() -> get(withToken, REMOTE, "/api/x", BEARER).startsWith("HTTP/1.1 200"));
    Files.delete(tokenFile);
    await()
        .during(Duration.ofMillis(1_200))
        .until(() -> get(withToken, REMOTE, "/api/x", BEARER).startsWith("HTTP/1.1 200"));
  }

  @Test
  void wrongTokensAreLimitedForEachAddress() throws IOException {
    String wrong = "Authorization: Bearer wrong\r\n";
    for (int i = 0; i < LoginLimiter.MAX_PER_ADDRESS / 2; i++) {
      assertThat(get(withToken, REMOTE, "/metrics", wrong)).startsWith("HTTP/1.1 401");
      assertThat(logIn(REMOTE, "token=wrong")).startsWith("HTTP/1.1 401");
    }
    assertThat(get(withToken, REMOTE, "/metrics", BEARER))
        .startsWith("HTTP/1.1 429")
        .contains("Retry-After: 60\r\n");
    assertThat(logIn(REMOTE, "token=" + TOKEN)).startsWith("HTTP/1.1 429");
    assertThat(get(withToken, "127.0.0.3", "/metrics", BEARER)).startsWith("HTTP/1.1 200");
  }

  /** For the browser a page on another port of this host is the same site, with all its cookies. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://localhost:3000\r\n",
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost.evil.example\r\n",
        "Origin: ftp://localhost\r\n",
        "Origin: http://localhost\r\nOrigin: http://evil.example\r\n",
        "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
      })
  void pagesOfOtherOriginsAreRefused(String headers) throws IOException {
    String cookie = cookieOf(logIn(LOCAL, "token=" + TOKEN));
    for (String path : List.of("/", "/api/x", "/metrics", "/api/stream")) {
      assertThat(get(withToken, LOCAL, path, headers + cookie))
          .startsWith("HTTP/1.1 403")
          .doesNotContain("secret");
    }
    assertThat(post(withToken, LOCAL, "/api/do", headers + cookie + FROM_PAGE, ""))
        .startsWith("HTTP/1.1 403");
    assertThat(post(withToken, LOCAL, "/logout", headers + cookie + FROM_PAGE, ""))
        .startsWith("HTTP/1.1 403")
        .contains("no_login");
    assertThat(post(withToken, LOCAL, "/login", headers, "token=" + TOKEN))
        .startsWith("HTTP/1.1 403");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n",
        "Origin: https://localhost\r\n",
        "Sec-Fetch-Site: none\r\n"
      })
  void itsOwnPagesAreServed(String headers) throws IOException {
    assertThat(get(withToken, LOCAL, "/api/x", headers)).startsWith("HTTP/1.1 200");
    assertThat(post(withToken, LOCAL, "/api/do", headers + FROM_PAGE, ""))
        .endsWith("done by loopback 127.0.0.1");
  }

  @Test
  void aLinkOfAnotherPageMayBeFollowed() throws IOException {
    assertThat(get(withToken, LOCAL, "/", LINK)).startsWith("HTTP/1.1 200");
    String cookie = cookieOf(logIn(REMOTE, "token=" + TOKEN));
    assertThat(get(withToken, REMOTE, "/", LINK + cookie)).startsWith("HTTP/1.1 200");
    assertThat(post(withToken, LOCAL, "/api/do", LINK + FROM_PAGE, "")).startsWith("HTTP/1.1 403");
  }

  /** Browsers send the cookie with a link of another site, since it is Lax. */
  @Test
  void aLinkOfAnotherPageChangesNothing() throws IOException {
    String cookie = cookieOf(logIn(REMOTE, "token=" + TOKEN));
    for (String action : List.of("/api/do", "/logout")) {
      assertThat(get(withToken, REMOTE, action, LINK + cookie + FROM_PAGE))
          .startsWith("HTTP/1.1 4")
          .doesNotContain("done by")
          .doesNotContain("Set-Cookie");
      assertThat(post(withToken, REMOTE, action, LINK + cookie + FROM_PAGE, ""))
          .startsWith("HTTP/1.1 403")
          .doesNotContain("Set-Cookie");
    }
    assertThat(get(withToken, REMOTE, "/api/x", cookie)).startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/page/../api/x",
        "//api/x",
        "/./api/x",
        "/%61pi/x",
        "/api%2fx",
        "/api/x/",
        "/API/x",
        "/healthz/../api/x",
        "/healthz/%2e%2e/api/x",
        "/login/../api/x",
        "/api/x;a=b",
        "/login.css/../",
        "http://localhost/api/x"
      })
  void noSpellingOfAPathNeedsNoToken(String path) throws IOException {
    assertThat(get(withToken, REMOTE, path, ""))
        .startsWith("HTTP/1.1 4")
        .doesNotContain("secret")
        .doesNotContain("static");
  }

  private String logIn(String from, String form) throws IOException {
    return post(
        withToken, from, "/login", "Content-Type: application/x-www-form-urlencoded\r\n", form);
  }

  private static String cookieOf(String answer) {
    String line =
        answer.lines().filter(header -> header.startsWith("Set-Cookie: ")).findFirst().get();
    return "Cookie: " + line.substring("Set-Cookie: ".length(), line.indexOf(';')) + "\r\n";
  }

  private static int status(AdminServer server, String from, String path) throws IOException {
    try (Socket socket = connect(server, from)) {
      send(socket, head("GET", path, ""));
      return Integer.parseInt(
          new String(socket.getInputStream().readNBytes(12), US_ASCII).substring(9));
    }
  }

  private static String get(AdminServer server, String from, String path, String headers)
      throws IOException {
    return exchange(server, from, head("GET", path, headers));
  }

  private static String post(
      AdminServer server, String from, String path, String headers, String body)
      throws IOException {
    String length = "Content-Length: " + body.length() + "\r\n";
    return exchange(server, from, head("POST", path, headers + length) + body);
  }

  private static String head(String method, String path, String headers) {
    String host = headers.startsWith("Host: ") ? "" : "Host: localhost\r\n";
    return "%s %s HTTP/1.1\r\n%sConnection: close\r\n%s\r\n".formatted(method, path, host, headers);
  }

  private static String exchange(AdminServer server, String from, String request)
      throws IOException {
    try (Socket socket = connect(server, from)) {
      send(socket, request);
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private static Socket connect(AdminServer server, String from) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(10_000);
    socket.bind(new InetSocketAddress(from, 0));
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(US_ASCII));
  }
}
