package io.github.httplongcut.admin;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;

/**
 * Refuses an action that a page of another web server may have sent: a request without the header
 * {@code X-Longcut-Page: 1}. A page of another server cannot send the header, since the browser
 * asks this server first (CORS preflight), which does not agree.
 */
final class ActionGuard implements HttpHandler {

  private static final HttpString PAGE = new HttpString("X-Longcut-Page");

  private final HttpHandler action;

  ActionGuard(HttpHandler action) {
    this.action = action;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    if ("1".equals(exchange.getRequestHeaders().getFirst(PAGE))) {
      action.handleRequest(exchange);
    } else {
      AdminPages.send(
          exchange,
          PageAnswer.error(
              StatusCodes.FORBIDDEN, "no_page_header", "send the header X-Longcut-Page: 1"));
    }
  }
}
