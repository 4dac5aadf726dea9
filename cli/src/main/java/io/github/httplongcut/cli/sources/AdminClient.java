package io.github.httplongcut.cli.sources;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.config.Authority;
import io.github.httplongcut.config.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.hc.core5.http.HttpHeaders;

/** Client of the admin pages of a process: {@code /api/…}, {@code /metrics} and others. */
public final class AdminClient {

  private static final int UNAUTHORIZED = 401;
  private static final int NOT_FOUND = 404;

  private final LimitedHttp http;

  private AdminClient(LimitedHttp http) {
    this.http = http;
  }

  /**
   * Creates a client.
   *
   * @param option option or variable with the URL, for the error message
   * @param limit longest time of a request
   * @param token token of the admin port, if the process may ask for one
   */
  static AdminClient at(String url, String option, Duration limit, Optional<Secret> token) {
    Map<String, String> headers =
        token
            .map(secret -> Map.of(HttpHeaders.AUTHORIZATION, "Bearer " + secret.value()))
            .orElse(Map.of());
    return address(url)
        .map(
            server ->
                new AdminClient(
                    new LimitedHttp(
                        scheme(url),
                        server,
                        Optional.empty(),
                        headers,
                        new LimitedHttp.Limits(limit, AnswerSize.PAGE))))
        .orElseThrow(
            () ->
                CommandFailedException.usage(
                    option + ": expected the address of admin pages, http://host:port"));
  }

  private static Optional<Authority> address(String url) {
    try {
      URI uri = new URI(url);
      boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean hasPath = uri.getRawPath() != null && uri.getRawPath().length() > 1;
      return isHttp && !hasPath && uri.getRawQuery() == null
          ? Authority.of(uri).filter(server -> server.userInfo().isEmpty())
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static String scheme(String url) {
    return url.substring(0, url.indexOf(':'));
  }

  /** Returns the address, {@code http://127.0.0.1:8002}. */
  public String address() {
    return http.address();
  }

  /** Returns a page that is JSON, such as {@code /api/status}. */
  public JsonNode json(String path) {
    return find(path).orElseThrow(() -> refused(path, NOT_FOUND, "unknown id"));
  }

  /**
   * Returns a page that is JSON; empty if the process answers that it does not know the id in the
   * path.
   */
  public Optional<JsonNode> find(String path) {
    HttpAnswer answer = get(path);
    if (answer.status() == NOT_FOUND && isUnknownId(answer)) {
      return Optional.empty();
    }
    check(path, answer);
    try {
      return Optional.of(answer.json());
    } catch (IOException e) {
      throw new CommandFailedException(
          http.address() + path + " is not JSON; check that a process of the relay listens there",
          e);
    }
  }

  /** Returns a page that is text, such as {@code /metrics}. */
  public String text(String path) {
    HttpAnswer answer = get(path);
    check(path, answer);
    return answer.text();
  }

  /**
   * Returns the last lines of a page that is text, such as {@code /metrics}: that of a large relay
   * has ten megabytes.
   *
   * @param maxBytes longest end
   */
  public TextEnd end(String path, int maxBytes) {
    try {
      Optional<TextEnd> end = http.end(path, maxBytes);
      return end.isPresent() ? end.get() : new TextEnd(text(path), 0); // fails with the reason
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  /** Returns whether the process is ready: the status of {@code /readyz} is 200. */
  public boolean isReady() {
    return get("/readyz").isSuccess();
  }

  private HttpAnswer get(String path) {
    try {
      return http.send("GET", path, Optional.empty());
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private CommandFailedException unreachable(IOException e) {
    return new CommandFailedException(
        "cannot reach the admin pages at %s: %s; check that the process runs, and its admin.port"
            .formatted(http.address(), Reasons.of(e)),
        e);
  }

  private void check(String path, HttpAnswer answer) {
    if (!answer.isSuccess()) {
      throw refused(path, answer.status(), explanation(answer));
    }
  }

  /** Returns the explanation of an error, which is JSON or text. */
  private static String explanation(HttpAnswer answer) {
    try {
      String detail = answer.json().path("detail").asText();
      return detail.isEmpty() ? answer.text() : detail;
    } catch (IOException e) {
      return answer.text();
    }
  }

  private CommandFailedException refused(String path, int status, String text) {
    String remedy =
        switch (status) {
          case NOT_FOUND -> "; check that this is the admin port of a process of this version";
          case UNAUTHORIZED ->
              "; name the file with the process's token: --admin-token-file"
                  + " (LONGCUT_ADMIN_TOKEN_FILE)";
          default -> "";
        };
    return new CommandFailedException(
        "%s answers %d to %s%s%s"
            .formatted(
                http.address(),
                status,
                path,
                text.isEmpty() ? "" : ": " + PlainText.of(text),
                remedy));
  }

  private static boolean isUnknownId(HttpAnswer answer) {
    try {
      return answer.json().path("error").asText().equals("unknown_id");
    } catch (IOException e) {
      return false;
    }
  }
}
