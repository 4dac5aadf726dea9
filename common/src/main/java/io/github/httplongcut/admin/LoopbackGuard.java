package io.github.httplongcut.admin;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.net.InetAddress;
import java.util.regex.Pattern;

/**
 * Serves a page to this machine only. Answers 403 unless both of these hold:
 *
 * <ul>
 *   <li>The peer has a loopback address.
 *   <li>The request has one {@code Host}, and it is a loopback name. Otherwise a page of the web
 *       could read the admin pages through a browser on this machine, by a name that it lets
 *       resolve to 127.0.0.1 (DNS rebinding).
 * </ul>
 */
final class LoopbackGuard implements HttpHandler {

  private static final Pattern LOOPBACK_NAME =
      Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?", Pattern.CASE_INSENSITIVE);

  private final HttpHandler page;

  LoopbackGuard(HttpHandler page) {
    this.page = page;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    if (!isLoopback(exchange.getSourceAddress().getAddress())) {
      refuse(exchange, "this page is served to loopback addresses only: ask for it on this host");
    } else if (!hasLoopbackName(exchange.getRequestHeaders().get(Headers.HOST))) {
      refuse(exchange, "this page is served only if Host is localhost, 127.0.0.1 or [::1]");
    } else {
      page.handleRequest(exchange);
    }
  }

  static boolean isLoopback(InetAddress peer) {
    return peer != null && peer.isLoopbackAddress();
  }

  private static boolean hasLoopbackName(HeaderValues hosts) {
    return hosts != null && hosts.size() == 1 && LOOPBACK_NAME.matcher(hosts.getFirst()).matches();
  }

  private static void refuse(HttpServerExchange exchange, String why) {
    AdminPages.send(exchange, PageAnswer.text(StatusCodes.FORBIDDEN, why + '\n'));
  }
}
