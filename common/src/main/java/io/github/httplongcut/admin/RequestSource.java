package io.github.httplongcut.admin;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Rules about where a request comes from, as its headers say. */
final class RequestSource {

  private static final Pattern LOOPBACK_NAME =
      Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?", Pattern.CASE_INSENSITIVE);

  private static final HttpString FETCH_SITE = new HttpString("Sec-Fetch-Site");
  private static final HttpString FETCH_MODE = new HttpString("Sec-Fetch-Mode");
  private static final HttpString FETCH_DEST = new HttpString("Sec-Fetch-Dest");

  /** Sites of a request that no page of another server has caused: {@code none} is a bookmark. */
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

  /** Headers that proxies add. */
  private static final Set<String> PROXY_HEADERS = Set.of("forwarded", "via", "x-real-ip");

  /** Beginnings of headers that proxies add. */
  private static final List<String> PROXY_PREFIXES = List.of("x-forwarded-", "x-envoy-");

  private RequestSource() {}

  /**
   * Returns whether the request has one {@code Host}, and it is a loopback name. Otherwise a page
   * of the web could read the admin pages through a browser on this machine, by a name that it lets
   * resolve to 127.0.0.1 (DNS rebinding).
   */
  static boolean hasLoopbackName(HeaderMap headers) {
    HeaderValues hosts = headers.get(Headers.HOST);
    return hosts != null && hosts.size() == 1 && LOOPBACK_NAME.matcher(hosts.getFirst()).matches();
  }

  /** Returns whether a proxy says that it forwards the request for somebody. */
  static boolean isForwarded(HeaderMap headers) {
    return headers.getHeaderNames().stream()
        .map(name -> name.toString().toLowerCase(Locale.ROOT))
        .anyMatch(
            name ->
                PROXY_HEADERS.contains(name) || PROXY_PREFIXES.stream().anyMatch(name::startsWith));
  }

  /**
   * Returns whether a browser says that a page of another origin has caused the request. Cookies
   * are no protection from such a page on another port of this host, which is the same site. A link
   * that the user follows to a page of this port is allowed.
   */
  static boolean isFromAnotherOrigin(HttpServerExchange exchange) {
    HeaderMap headers = exchange.getRequestHeaders();
    HeaderValues origins = headers.get(Headers.ORIGIN);
    if (origins != null && !(origins.size() == 1 && isOwn(origins.getFirst(), headers))) {
      return true;
    }
    String site = headers.getFirst(FETCH_SITE);
    return site != null && !OWN_SITES.contains(site) && !isFollowedLink(exchange);
  }

  private static boolean isOwn(String origin, HeaderMap headers) {
    String host = headers.getFirst(Headers.HOST);
    String own = origin.toLowerCase(Locale.ROOT);
    return host != null
        && (own.equals("http://" + host.toLowerCase(Locale.ROOT))
            || own.equals("https://" + host.toLowerCase(Locale.ROOT)));
  }

  private static boolean isFollowedLink(HttpServerExchange exchange) {
    HeaderMap headers = exchange.getRequestHeaders();
    return exchange.getRequestMethod().equals(Methods.GET)
        && "navigate".equals(headers.getFirst(FETCH_MODE))
        && "document".equals(headers.getFirst(FETCH_DEST));
  }
}
