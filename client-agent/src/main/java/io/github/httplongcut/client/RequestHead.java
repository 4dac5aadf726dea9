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
 * First line and header fields of a request as the caller sent them, within the limits.
 *
 * @param url origin-form, nothing decoded, or {@code *}
 * @param authority the {@code Host}; without one, the authority of an absolute-form; empty if there
 *     is neither (HTTP/1.0)
 * @param protocolVersion {@code 1.1} or {@code 1.0}
 * @param headers as received
 * @param framing rule by which the end of the content is found
 * @param contentLength bytes of content if {@link Framing#CONTENT_LENGTH}; else 0
 */
record RequestHead(
    String method,
    String url,
    String authority,
    String protocolVersion,
    Headers headers,
    Framing framing,
    long contentLength) {

  /** Framing of a request's content (RFC 9112 section 6.3). */
  enum Framing {
    NO_CONTENT,
    CONTENT_LENGTH,
    CHUNKED
  }

  private static final String CHUNKED = "chunked";
  private static final String PROTOCOL_PREFIX = "HTTP/";
  private static final String HTTP_1_0 = "1.0";

  /** Bytes of a field besides its name and value: a colon, a space and the line end. */
  private static final int FIELD_OVERHEAD = 4;

  /** Digits that always fit a long. A Content-Length with more digits is over any limit. */
  private static final int MAX_LENGTH_DIGITS = 18;

  /**
   * Reads the head that Undertow has parsed.
   *
   * @throws RequestRefusedException if the head exceeds a limit, is malformed, or cannot be relayed
   */
  static RequestHead read(HttpServerExchange httpExchange, Limits limits)
      throws RequestRefusedException {
    String method = httpExchange.getRequestMethod().toString();
    if (!Headers.isToken(method)) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, "the method is not a valid token");
    }
    String version = httpExchange.getProtocol().toString().substring(PROTOCOL_PREFIX.length());
    requireRelayable(method, httpExchange.getRequestHeaders(), version);
    Headers headers = readHeaders(httpExchange.getRequestHeaders(), limits);
    String url = receivedUrl(httpExchange);
    String authority = headers.first("Host").orElse("");
    if (httpExchange.isHostIncludedInRequestURI()) {
      authority = headers.contains("Host") ? authority : authorityOf(url);
      url = originForm(url, authority);
    }
    requireFit(url, limits);
    Framing framing = framingOf(headers, version);
    long contentLength = framing == Framing.CONTENT_LENGTH ? contentLength(headers) : 0;
    if (contentLength > limits.maxRequestBody()) {
      throw tooLarge(limits);
    }
    return new RequestHead(method, url, authority, version, headers, framing, contentLength);
  }

  /**
   * Returns whether the method is HEAD in another case, such as {@code Head}. Methods are
   * case-sensitive (RFC 9110 section 9.1), but some HTTP libraries treat it as HEAD. If one side
   * expects content and the other does not, content is parsed as the next answer.
   */
  static boolean isMisspelledHead(String method) {
    return method.equalsIgnoreCase("HEAD") && !method.equals("HEAD");
  }

  static RequestRefusedException tooLarge(Limits limits) {
    return new RequestRefusedException(
        Failure.REQUEST_TOO_LARGE,
        "the request body is larger than " + limits.maxRequestBody() + " bytes (max-request-body)");
  }

  boolean isOptions() {
    return method.equals("OPTIONS");
  }

  /** Returns the approximate memory that the head takes up, in bytes. */
  long size() {
    return url.length() + headers.footprint();
  }

  private static void requireRelayable(String method, HeaderMap fields, String protocolVersion)
      throws RequestRefusedException {
    switch (method.toUpperCase(Locale.ROOT)) {
      case "HEAD" -> {
        if (isMisspelledHead(method)) {
          throw new RequestRefusedException(
              Failure.BAD_REQUEST, "the method HEAD must be written in capitals");
        }
      }
      case "TRACE" ->
          throw new RequestRefusedException(Failure.METHOD_NOT_ALLOWED, "TRACE is not relayed");
      case "CONNECT" ->
          throw new RequestRefusedException(Failure.NOT_IMPLEMENTED, "CONNECT is not relayed");
      default -> {
        // any other method is relayed
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
              Failure.HEADERS_TOO_LARGE,
              "the request has more than " + limits.maxHeaders() + " header fields (max-headers)");
        }
        builder.add(values.getHeaderName().toString(), value);
      }
    }
    try {
      Headers headers = builder.build();
      if (sizeOf(headers) > limits.maxHeadersSize()) {
        throw new RequestRefusedException(
            Failure.HEADERS_TOO_LARGE,
            "the request's header fields are larger than "
                + limits.maxHeadersSize()
                + " bytes (max-headers-size)");
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

  /** Returns path and query, or the absolute-form, byte for byte as received. */
  private static String receivedUrl(HttpServerExchange httpExchange) {
    String uri = httpExchange.getRequestURI();
    String query = httpExchange.getQueryString();
    return query.isEmpty() ? uri : uri + '?' + query;
  }

  /** Returns the path as received, without the authority of an absolute-form. */
  static String pathOf(HttpServerExchange httpExchange) {
    String uri = httpExchange.getRequestURI();
    if (!httpExchange.isHostIncludedInRequestURI() || !uri.contains("://")) {
      return uri;
    }
    String path = uri.substring(authorityEnd(uri));
    return path.isEmpty() ? "/" : path;
  }

  private static void requireFit(String url, Limits limits) throws RequestRefusedException {
    if (url.length() > limits.maxUrl()) {
      throw new RequestRefusedException(
          Failure.URL_TOO_LONG, "the URL is longer than " + limits.maxUrl() + " bytes (max-url)");
    }
  }

  /** Returns the authority of an absolute-form, for HTTP/1.0 requests without {@code Host}. */
  private static String authorityOf(String absolute) throws RequestRefusedException {
    String authority = absolute.substring(authorityStart(absolute), authorityEnd(absolute));
    if (!HostField.isWellFormed(authority)) { // RFC 9110 section 4.2.4: no user information
      throw new RequestRefusedException(Failure.BAD_REQUEST, "the URL has no valid host");
    }
    return authority;
  }

  /** Returns the origin-form of an absolute-form (RFC 9112 section 3.2.2). */
  private static String originForm(String absolute, String authority)
      throws RequestRefusedException {
    int start = authorityStart(absolute);
    int end = authorityEnd(absolute);
    boolean http = absolute.regionMatches(true, 0, "http://", 0, start);
    if (!http || !HostField.areSame(absolute.substring(start, end), authority)) {
      throw new RequestRefusedException(
          Failure.BAD_REQUEST,
          "the URL must start with http:// and have the host of the Host header");
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

  private static Framing framingOf(Headers headers, String protocolVersion)
      throws RequestRefusedException {
    if (headers.contains("Transfer-Encoding")) {
      if (protocolVersion.equals(HTTP_1_0)) { // RFC 9112 section 6.1: faulty framing
        throw new RequestRefusedException(
            Failure.BAD_REQUEST, "HTTP/1.0 does not allow Transfer-Encoding");
      }
      requireChunked(String.join(",", headers.all("Transfer-Encoding")));
      return Framing.CHUNKED;
    }
    return headers.contains("Content-Length") ? Framing.CONTENT_LENGTH : Framing.NO_CONTENT;
  }

  /**
   * Requires chunked as the only coding. If chunked is not the last coding, or is applied twice,
   * the length is unknown (RFC 9112 sections 6.1 and 6.3).
   */
  private static void requireChunked(String codings) throws RequestRefusedException {
    String lowerCase = codings.toLowerCase(Locale.ROOT);
    if (lowerCase.equals(CHUNKED)) {
      return;
    }
    List<String> applied = Arrays.stream(lowerCase.split(",", -1)).map(String::strip).toList();
    if (applied.indexOf(CHUNKED) != applied.size() - 1) {
      throw new RequestRefusedException(
          Failure.BAD_REQUEST, "Transfer-Encoding must contain chunked once, as its last coding");
    }
    throw new RequestRefusedException(
        Failure.NOT_IMPLEMENTED, "the only supported Transfer-Encoding is chunked");
  }

  private static long contentLength(Headers headers) throws RequestRefusedException {
    String digits = headers.first("Content-Length").orElse("");
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new RequestRefusedException(Failure.BAD_REQUEST, "Content-Length is not a number");
    }
    return digits.length() > MAX_LENGTH_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
