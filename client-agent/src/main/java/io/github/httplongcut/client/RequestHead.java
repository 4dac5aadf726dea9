package io.github.httplongcut.client;

import io.github.httplongcut.client.ClientAgentConfig.Limits;
import io.github.httplongcut.http.Headers;
import io.github.httplongcut.protocol.Failure;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A request's first line and fields as the caller sent them, found to be within the limits.
 *
 * @param url origin-form, nothing decoded, or {@code *}
 * @param authority the {@code Host}, or what absolute-form names without one; empty: neither
 *     (HTTP/1.0)
 * @param protocolVersion {@code 1.1} or {@code 1.0}
 * @param headers as received
 * @param content what comes behind them
 * @param contentLength bytes, if {@link Content#SIZED}; else 0
 */
record RequestHead(
    String method,
    String url,
    String authority,
    String protocolVersion,
    Headers headers,
    Content content,
    long contentLength) {

  /** Whether there is content (RFC 9112 section 6.3). */
  enum Content {
    NONE,
    SIZED,
    CHUNKED
  }

  private static final String CHUNKED = "chunked";
  private static final String PROTOCOL_PREFIX = "HTTP/";
  private static final String HTTP_1_0 = "1.0";

  /** Bytes of a field beyond its name and value: a colon, a space and the line's end. */
  private static final int FIELD_OVERHEAD = 4;

  /** Digits of a Content-Length that is surely no overflow, and surely over any limit. */
  private static final int MAX_LENGTH_DIGITS = 18;

  /**
   * Reads what Undertow has parsed.
   *
   * @throws RequestRefusedException if it is over a limit, malformed, or nothing that can be
   *     relayed
   */
  static RequestHead read(HttpServerExchange httpExchange, Limits limits)
      throws RequestRefusedException {
    String method = httpExchange.getRequestMethod().toString();
    if (!Headers.isToken(method)) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, "the method is not a token");
    }
    String version = httpExchange.getProtocol().toString().substring(PROTOCOL_PREFIX.length());
    refuseWhatCannotBeRelayed(method, httpExchange.getRequestHeaders(), version);
    Headers headers = readHeaders(httpExchange.getRequestHeaders(), limits);
    String url = receivedUrl(httpExchange);
    String authority = headers.first("Host").orElse("");
    if (httpExchange.isHostIncludedInRequestURI()) {
      authority = headers.contains("Host") ? authority : authorityOf(url);
      url = originForm(url, authority);
    }
    requireFit(url, limits);
    Content content = contentOf(headers, version);
    long contentLength = content == Content.SIZED ? contentLength(headers) : 0;
    if (contentLength > limits.maxRequestBody()) {
      throw tooLarge(limits);
    }
    return new RequestHead(method, url, authority, version, headers, content, contentLength);
  }

  /**
   * Returns whether the method is HEAD but for its case. Methods are case-sensitive (RFC 9110
   * section 9.1), but not for every HTTP library: one expects the answer's content, another does
   * not, and what one sends too much the other takes for the next answer.
   */
  static boolean isMisspelledHead(String method) {
    return method.equalsIgnoreCase("HEAD") && !method.equals("HEAD");
  }

  static RequestRefusedException tooLarge(Limits limits) {
    return new RequestRefusedException(
        Failure.REQUEST_TOO_LARGE, "the body is larger than " + limits.maxRequestBody() + " bytes");
  }

  boolean isOptions() {
    return method.equals("OPTIONS");
  }

  /** What it takes up in memory, about, before its content. */
  long size() {
    return url.length() + headers.footprint();
  }

  private static void refuseWhatCannotBeRelayed(
      String method, HeaderMap fields, String protocolVersion) throws RequestRefusedException {
    switch (method.toUpperCase(Locale.ROOT)) {
      case "HEAD" -> {
        if (isMisspelledHead(method)) {
          throw new RequestRefusedException(
              Failure.BAD_REQUEST, "HEAD is relayed in capitals only");
        }
      }
      case "TRACE" ->
          throw new RequestRefusedException(Failure.METHOD_NOT_ALLOWED, "TRACE is not relayed");
      case "CONNECT" ->
          throw new RequestRefusedException(Failure.NOT_IMPLEMENTED, "CONNECT is not relayed");
      default -> {
        // any other token is a method
      }
    }
    HeaderValues upgrade = fields.get("Upgrade");
    boolean ignored = protocolVersion.equals(HTTP_1_0); // RFC 9110 section 7.8
    if (upgrade != null
        && !ignored
        && upgrade.stream()
            .anyMatch(value -> value.toLowerCase(Locale.ROOT).contains("websocket"))) {
      throw new RequestRefusedException(Failure.NOT_IMPLEMENTED, "WebSocket is not relayed");
    }
  }

  private static Headers readHeaders(HeaderMap fields, Limits limits)
      throws RequestRefusedException {
    Headers.Builder builder = Headers.builder();
    int count = 0;
    for (HeaderValues values : fields) {
      for (String value : values) {
        count++;
        if (count > limits.maxHeaders()) {
          throw new RequestRefusedException(
              Failure.HEADERS_TOO_LARGE, "there are more than " + limits.maxHeaders() + " fields");
        }
        builder.add(values.getHeaderName().toString(), value);
      }
    }
    try {
      Headers headers = builder.build();
      if (sizeOf(headers) > limits.maxHeadersSize()) {
        throw new RequestRefusedException(
            Failure.HEADERS_TOO_LARGE,
            "the fields are larger than " + limits.maxHeadersSize() + " bytes");
      }
      return headers;
    } catch (IllegalArgumentException e) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, e.getMessage());
    }
  }

  private static long sizeOf(Headers headers) {
    long size = 0;
    for (Headers.Field field : headers.fields()) {
      for (String value : field.values()) {
        size += field.name().length() + value.length() + FIELD_OVERHEAD;
      }
    }
    return size;
  }

  /** Returns path and query, or the absolute-form, byte for byte. */
  private static String receivedUrl(HttpServerExchange httpExchange) {
    String uri = httpExchange.getRequestURI();
    String query = httpExchange.getQueryString();
    return query.isEmpty() ? uri : uri + '?' + query;
  }

  private static void requireFit(String url, Limits limits) throws RequestRefusedException {
    if (url.length() > limits.maxUrl()) {
      throw new RequestRefusedException(
          Failure.URL_TOO_LONG, "the URL is longer than " + limits.maxUrl() + " bytes");
    }
  }

  /** Returns what stands for the {@code Host} that HTTP/1.0 need not send. */
  private static String authorityOf(String absolute) throws RequestRefusedException {
    String authority = absolute.substring(authorityStart(absolute), authorityEnd(absolute));
    if (!HostField.isWellFormed(authority)) { // RFC 9110 section 4.2.4: nor user information
      throw new RequestRefusedException(Failure.BAD_REQUEST, "the URL names no host");
    }
    return authority;
  }

  /** Returns path and query of an absolute-form (RFC 9112 section 3.2.2). */
  private static String originForm(String absolute, String authority)
      throws RequestRefusedException {
    int start = authorityStart(absolute);
    int end = authorityEnd(absolute);
    boolean ourScheme = absolute.regionMatches(true, 0, "http://", 0, start);
    if (!ourScheme || !HostField.areSame(absolute.substring(start, end), authority)) {
      throw new RequestRefusedException(
          Failure.BAD_REQUEST, "the URL names another host than Host does");
    }
    String rest = absolute.substring(end);
    return rest.startsWith("/") ? rest : '/' + rest;
  }

  private static int authorityStart(String absolute) {
    return absolute.indexOf("://") + "://".length();
  }

  private static int authorityEnd(String absolute) {
    int end = authorityStart(absolute);
    while (end < absolute.length() && "/?".indexOf(absolute.charAt(end)) < 0) {
      end++;
    }
    return end;
  }

  private static Content contentOf(Headers headers, String protocolVersion)
      throws RequestRefusedException {
    if (headers.contains("Transfer-Encoding")) {
      if (protocolVersion.equals(HTTP_1_0)) { // RFC 9112 section 6.1: its framing is faulty
        throw new RequestRefusedException(Failure.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding");
      }
      requireChunked(String.join(",", headers.all("Transfer-Encoding")));
      return Content.CHUNKED;
    }
    return headers.contains("Content-Length") ? Content.SIZED : Content.NONE;
  }

  /** RFC 9112 sections 6.1 and 6.3: without chunked at the end, once, nobody knows the length. */
  private static void requireChunked(String codings) throws RequestRefusedException {
    String known = codings.toLowerCase(Locale.ROOT);
    if (known.equals(CHUNKED)) {
      return;
    }
    List<String> applied = Arrays.stream(known.split(",", -1)).map(String::strip).toList();
    if (applied.indexOf(CHUNKED) != applied.size() - 1) {
      throw new RequestRefusedException(
          Failure.BAD_REQUEST, "Transfer-Encoding is not chunked at its end, and only there");
    }
    throw new RequestRefusedException(
        Failure.NOT_IMPLEMENTED, "no Transfer-Encoding but chunked is known");
  }

  private static long contentLength(Headers headers) throws RequestRefusedException {
    String digits = headers.first("Content-Length").orElse("");
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, "Content-Length is no number");
    }
    return digits.length() > MAX_LENGTH_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
