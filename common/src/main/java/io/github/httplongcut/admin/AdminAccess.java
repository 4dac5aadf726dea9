package io.github.httplongcut.admin;

import io.github.httplongcut.admin.AccessDecision.Granted;
import io.github.httplongcut.admin.AccessDecision.Proof;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides who may read the admin pages:
 *
 * <ul>
 *   <li>A request with the token of {@code admin.token-file}, or with a session that was opened
 *       with it.
 *   <li>A request without a token from a loopback address, if its {@code Host} is a loopback name
 *       and no proxy forwards it for somebody.
 * </ul>
 *
 * Pages of other origins are refused in either case. Runs on worker threads. Thread-safe.
 */
final class AdminAccess {

  /** Cookie with the id of a session. */
  static final String COOKIE = "longcut_admin";

  private static final Logger log = LoggerFactory.getLogger(AdminAccess.class);
  private static final String SCHEME = "Bearer ";

  /** Cookies of the name that are compared. */
  private static final int MAX_COOKIES = 10;

  /** Address of a peer that is gone, 0.0.0.0. */
  private static final InetAddress UNKNOWN = new InetSocketAddress(0).getAddress();

  private final Optional<Supplier<AdminToken>> tokens;
  private final Predicate<InetAddress> isLoopback;
  private final AdminSessions sessions = new AdminSessions();
  private final LoginLimiter limiter = new LoginLimiter(System.nanoTime());

  /**
   * @param tokens returns the token that holds now, which may change between two calls;
   *     thread-safe. Empty without {@code admin.token-file}.
   */
  AdminAccess(Optional<Supplier<AdminToken>> tokens, Predicate<InetAddress> isLoopback) {
    this.tokens = tokens;
    this.isLoopback = isLoopback;
  }

  /** Decides about a request for a page or an action. */
  AccessDecision decide(HttpServerExchange exchange) {
    if (RequestSource.isFromAnotherOrigin(exchange)) {
      return AccessDecision.forbidden(
          "other_origin", "a page of another web server has sent this request");
    }
    HeaderMap headers = exchange.getRequestHeaders();
    String authorization = headers.getFirst(Headers.AUTHORIZATION);
    if (hasToken() && isBearer(authorization)) {
      return decideByToken(exchange, authorization.substring(SCHEME.length()).strip());
    }
    Optional<String> session = hasToken() ? openSession(exchange) : Optional.empty();
    if (session.isPresent()) {
      return grantedBySession(exchange, session.get());
    }
    return decideByAddress(exchange);
  }

  private static boolean isBearer(String authorization) {
    return authorization != null
        && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
  }

  private AccessDecision decideByToken(HttpServerExchange exchange, String given) {
    AdminToken token = token();
    return switch (check(exchange, token, given)) {
      case RIGHT -> new Granted(Proof.TOKEN, userOf(exchange), () -> token().isSameAs(token));
      case WRONG -> AccessDecision.needsToken("this is not the token of admin.token-file");
      case LIMITED -> AccessDecision.limited();
    };
  }

  private Granted grantedBySession(HttpServerExchange exchange, String session) {
    return new Granted(
        Proof.SESSION,
        userOf(exchange),
        () -> sessions.isOpen(session, token(), System.nanoTime()));
  }

  private AccessDecision decideByAddress(HttpServerExchange exchange) {
    HeaderMap headers = exchange.getRequestHeaders();
    InetAddress peer = peer(exchange);
    boolean isLocal = isLoopback.test(peer);
    if (isLocal && RequestSource.hasLoopbackName(headers) && !RequestSource.isForwarded(headers)) {
      return new Granted(Proof.LOOPBACK, "loopback " + peer.getHostAddress(), () -> true);
    }
    if (hasToken()) {
      return AccessDecision.needsToken(
          "send the token of admin.token-file as Authorization: Bearer TOKEN, or log in at /login");
    }
    String condition =
        !isLocal
            ? "this page is served to other addresses than loopback only with a token"
            : RequestSource.isForwarded(headers)
                ? "this page is served through a proxy only with a token"
                : "without a token this page is served only if Host is localhost, 127.0.0.1 or"
                    + " [::1]";
    return AccessDecision.forbidden(
        "no_token_file", condition + ": set admin.token-file (LONGCUT_ADMIN_TOKEN_FILE)");
  }

  /** Result of a comparison with the token. */
  enum Check {
    RIGHT,
    WRONG,
    /** Not compared: the address, or all addresses together, have sent too many wrong tokens. */
    LIMITED
  }

  /**
   * Compares a text with the token. Logs and limits wrong ones.
   *
   * @param token the token that holds now; hand the same one to {@link #startSession}
   */
  Check check(HttpServerExchange exchange, AdminToken token, String given) {
    InetAddress peer = peer(exchange);
    long now = System.nanoTime();
    if (!limiter.allows(peer, now)) {
      return Check.LIMITED;
    }
    if (token.is(given)) {
      limiter.succeeded(peer, now);
      return Check.RIGHT;
    }
    if (limiter.failed(peer, now)) {
      log.warn("event=admin_token_wrong address={}", peer.getHostAddress());
    }
    return Check.WRONG;
  }

  /** Returns whether there is a token, so that a login is possible. */
  boolean hasToken() {
    return tokens.isPresent();
  }

  /** Returns the token that holds now. Call it only if there is one. */
  AdminToken token() {
    return tokens.orElseThrow().get();
  }

  /**
   * Starts a session, and returns its id.
   *
   * @param token the token that was compared. It may not hold any more; the session then is over.
   */
  String startSession(HttpServerExchange exchange, AdminToken token) {
    log.info("event=admin_login address={}", peer(exchange).getHostAddress());
    return sessions.start(token, System.nanoTime());
  }

  /** Ends the session of the request, if there is one. */
  void endSession(HttpServerExchange exchange) {
    sessionIds(exchange).forEach(sessions::end);
  }

  private Optional<String> openSession(HttpServerExchange exchange) {
    return sessionIds(exchange)
        .filter(id -> sessions.isOpen(id, token(), System.nanoTime()))
        .findFirst();
  }

  /** Other servers of this host may have set further cookies of the name. */
  private static Stream<String> sessionIds(HttpServerExchange exchange) {
    HeaderValues cookies = exchange.getRequestHeaders().get(Headers.COOKIE);
    return cookies == null
        ? Stream.empty()
        : cookies.stream()
            .flatMap(header -> Arrays.stream(header.split(";")))
            .map(String::strip)
            .filter(cookie -> cookie.startsWith(COOKIE + '='))
            .map(cookie -> cookie.substring(COOKIE.length() + 1))
            .limit(MAX_COOKIES);
  }

  private static String userOf(HttpServerExchange exchange) {
    return "token from " + peer(exchange).getHostAddress();
  }

  private static InetAddress peer(HttpServerExchange exchange) {
    InetSocketAddress source = exchange.getSourceAddress();
    return source == null ? UNKNOWN : source.getAddress();
  }
}
