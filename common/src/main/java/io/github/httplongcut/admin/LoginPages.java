package io.github.httplongcut.admin;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Pages with which people log in and out: plain HTML without scripts. Unlike the other pages they
 * are served to everybody.
 */
final class LoginPages {

  static final String LOGIN = "/login";

  private static final String FIELD = "token=";
  private static final HttpString REFERRER_POLICY = new HttpString("Referrer-Policy");

  private final AdminAccess access;
  private final BooleanSupplier hasFrontPage;
  private final String form;

  /**
   * @param hasFrontPage returns whether the process has a page at {@code /}
   */
  LoginPages(AdminAccess access, BooleanSupplier hasFrontPage) {
    this.access = access;
    this.hasFrontPage = hasFrontPage;
    this.form = resource("admin/login.html");
  }

  private static String resource(String name) {
    try (InputStream in = LoginPages.class.getClassLoader().getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  /** Returns the style of the form. */
  HttpHandler style() {
    return new StaticFile("admin/login.css");
  }

  /** Answers with the form. */
  void form(HttpServerExchange exchange) {
    if (!access.hasToken()) {
      refuse(exchange);
    } else {
      send(exchange, StatusCodes.OK, "");
    }
  }

  /** Checks the token of the form, and starts a session. */
  void logIn(HttpServerExchange exchange) {
    if (!access.hasToken() || RequestSource.isFromAnotherOrigin(exchange)) {
      refuse(exchange);
      return;
    }
    Optional<String> given = token(ActionBodyReader.of(exchange));
    if (given.isEmpty()) {
      send(exchange, StatusCodes.BAD_REQUEST, "Enter the token.");
      return;
    }
    AdminToken token = access.token();
    switch (access.check(exchange, token, given.get())) {
      case RIGHT -> {
        String session = access.startSession(exchange, token);
        setCookie(exchange, session, AdminSessions.LIFETIME.toSeconds());
        redirect(exchange, hasFrontPage.getAsBoolean() ? "/" : "/api/process");
      }
      case WRONG -> send(exchange, StatusCodes.UNAUTHORIZED, "This is not the token.");
      case LIMITED -> {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, AccessGuard.RETRY_AFTER);
        send(exchange, StatusCodes.TOO_MANY_REQUESTS, "Too many wrong tokens. Wait a minute.");
      }
    }
  }

  /** Ends the session. */
  void logOut(HttpServerExchange exchange) {
    if (RequestSource.isFromAnotherOrigin(exchange)) {
      refuse(exchange);
      return;
    }
    access.endSession(exchange);
    setCookie(exchange, "", 0);
    redirect(exchange, LOGIN);
  }

  private static Optional<String> token(String body) {
    try {
      return Arrays.stream(body.split("&", -1))
          .filter(field -> field.startsWith(FIELD))
          .map(field -> field.substring(FIELD.length()))
          .map(value -> URLDecoder.decode(value, StandardCharsets.UTF_8).strip())
          .filter(value -> !value.isEmpty())
          .findFirst();
    } catch (IllegalArgumentException e) { // a wrong escape
      return Optional.empty();
    }
  }

  /**
   * Sets the cookie. It is not Secure, because the port speaks plain HTTP. It is Lax, so that it
   * comes with a link that the user follows on another site. Such a request is a GET, which changes
   * nothing.
   */
  private static void setCookie(HttpServerExchange exchange, String value, long seconds) {
    exchange
        .getResponseHeaders()
        .add(
            Headers.SET_COOKIE,
            "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax"
                .formatted(AdminAccess.COOKIE, value, seconds));
  }

  /** Sends a browser to another page of this port. */
  static void redirect(HttpServerExchange exchange, String path) {
    exchange.setStatusCode(StatusCodes.SEE_OTHER);
    exchange.getResponseHeaders().put(Headers.LOCATION, path);
    SecurityHeaders.add(exchange);
  }

  private void send(HttpServerExchange exchange, int status, String message) {
    String shown = message.isEmpty() ? "" : "<p role=\"alert\">" + message + "</p>";
    AdminPages.send(
        exchange,
        new PageAnswer(status, "text/html; charset=utf-8", form.replace("<!-- message -->", shown)),
        // Browsers would otherwise send the form with `Origin: null`.
        headers -> headers.put(REFERRER_POLICY, "same-origin"));
  }

  private static void refuse(HttpServerExchange exchange) {
    AdminPages.send(
        exchange,
        PageAnswer.error(
            StatusCodes.FORBIDDEN,
            "no_login",
            "a login needs admin.token-file (LONGCUT_ADMIN_TOKEN_FILE), and this server's form"));
  }
}
