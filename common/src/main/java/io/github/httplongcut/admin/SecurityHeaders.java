package io.github.httplongcut.admin;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;

/** Response headers that tell a browser what a page may do, and who may use it. */
final class SecurityHeaders {

  /** Allows nothing but the page's own files, and styles that its scripts set. */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private static final HttpString CONTENT_SECURITY = new HttpString("Content-Security-Policy");
  private static final HttpString CONTENT_TYPE_OPTIONS = new HttpString("X-Content-Type-Options");
  private static final HttpString FRAME_OPTIONS = new HttpString("X-Frame-Options");
  private static final HttpString REFERRER_POLICY = new HttpString("Referrer-Policy");
  private static final HttpString RESOURCE_POLICY = new HttpString("Cross-Origin-Resource-Policy");

  private SecurityHeaders() {}

  /** Adds the headers to a response that nobody may keep. */
  static void add(HttpServerExchange exchange) {
    add(exchange, "no-store");
  }

  /**
   * Adds the headers to a response.
   *
   * @param caching value of {@code Cache-Control}
   */
  static void add(HttpServerExchange exchange, String caching) {
    HeaderMap headers = exchange.getResponseHeaders();
    headers.put(Headers.CACHE_CONTROL, caching);
    headers.put(CONTENT_TYPE_OPTIONS, "nosniff");
    headers.put(CONTENT_SECURITY, CONTENT_SECURITY_POLICY);
    headers.put(FRAME_OPTIONS, "DENY");
    headers.put(REFERRER_POLICY, "no-referrer");
    headers.put(RESOURCE_POLICY, "same-origin");
  }
}
