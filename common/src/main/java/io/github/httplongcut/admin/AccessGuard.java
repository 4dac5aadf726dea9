package io.github.httplongcut.admin;

import io.github.httplongcut.admin.AccessDecision.Granted;
import io.github.httplongcut.admin.AccessDecision.Proof;
import io.github.httplongcut.admin.AccessDecision.Refused;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;

/** Serves a page to those whom {@link AdminAccess} allows. Call it on a worker thread. */
final class AccessGuard implements HttpHandler {

  private static final AttachmentKey<Granted> GRANTED = AttachmentKey.create(Granted.class);

  /** Tells the page that there is a session, which somebody may end. */
  private static final HttpString SESSION = new HttpString("X-Longcut-Session");

  /** Seconds until a limit on wrong tokens ends, at the latest. */
  static final String RETRY_AFTER = "60";

  private final AdminAccess access;
  private final HttpHandler page;

  AccessGuard(AdminAccess access, HttpHandler page) {
    this.access = access;
    this.page = page;
  }

  /** Returns why a page is served. */
  static Granted of(HttpServerExchange exchange) {
    return exchange.getAttachment(GRANTED);
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    AccessDecision decision = access.decide(exchange);
    if (decision instanceof Granted granted) {
      exchange.putAttachment(GRANTED, granted);
      if (granted.proof() == Proof.SESSION) {
        exchange.getResponseHeaders().put(SESSION, "1");
      }
      if (AdminConnections.keep(exchange)) {
        page.handleRequest(exchange);
      }
    } else if (decision instanceof Refused refused) {
      refuse(exchange, refused);
    }
  }

  private static void refuse(HttpServerExchange exchange, Refused refused) {
    if (refused.status() == StatusCodes.UNAUTHORIZED && isPageInBrowser(exchange)) {
      LoginPages.redirect(exchange, LoginPages.LOGIN);
      return;
    }
    AdminPages.send(
        exchange,
        PageAnswer.error(refused.status(), refused.error(), refused.detail()),
        headers -> {
          switch (refused.status()) {
            case StatusCodes.UNAUTHORIZED ->
                headers.put(Headers.WWW_AUTHENTICATE, "Bearer realm=\"longcut admin\"");
            case StatusCodes.TOO_MANY_REQUESTS -> headers.put(Headers.RETRY_AFTER, RETRY_AFTER);
            default -> {}
          }
        });
  }

  private static boolean isPageInBrowser(HttpServerExchange exchange) {
    String accept = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
    return exchange.getRequestMethod().equals(Methods.GET)
        && accept != null
        && accept.contains("text/html")
        && !exchange.getRequestPath().startsWith("/api/");
  }
}
