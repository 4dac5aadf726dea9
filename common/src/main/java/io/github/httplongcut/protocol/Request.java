package io.github.httplongcut.protocol;

import io.github.httplongcut.http.Headers;
import java.util.Objects;

/**
 * HTTP request in a {@code client_request} or {@code broker_request} (protocol section 2).
 *
 * @param upstreamTarget name of the upstream target
 * @param method any token (RFC 9110 section 9.1), case as received
 * @param url origin-form, byte for byte as received (RFC 9112 section 3.2.1), or {@code *}
 * @param headers end-to-end fields only
 * @param body may be absent or empty
 */
public record Request(
    String upstreamTarget, String method, String url, Headers headers, Body body) {

  public Request {
    Names.require("upstream_target", upstreamTarget);
    if (!Headers.isToken(method)) {
      throw new IllegalArgumentException("method '" + method + "' is not a token");
    }
    requireUrl(url);
    Objects.requireNonNull(headers, "headers");
    Objects.requireNonNull(body, "body");
  }

  /**
   * Returns whether running the request twice does no harm: GET, HEAD and OPTIONS (protocol section
   * 4, rule 1). Methods are case-sensitive: {@code get} is another, unknown method.
   */
  public boolean isRepeatable() {
    return isRepeatable(method);
  }

  /** Returns whether running a request of this method twice does no harm. */
  public static boolean isRepeatable(String method) {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS" -> true;
      default -> false;
    };
  }

  private static void requireUrl(String url) {
    boolean originForm = url.startsWith("/") || url.equals("*");
    for (int i = 0; originForm && i < url.length(); i++) {
      char c = url.charAt(i);
      originForm = c > ' ' && c != 0x7f && c <= 0xff;
    }
    if (!originForm) {
      throw new IllegalArgumentException("url is not in origin-form");
    }
  }
}
