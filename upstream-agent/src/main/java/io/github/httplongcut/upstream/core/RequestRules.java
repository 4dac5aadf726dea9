package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Rules of a target for its requests. Refuses malformed and ambiguous requests before the upstream
 * server sees them. Our client agent sends no such request, but any RabbitMQ user with permission
 * to publish requests can (docs/protocol.md section 4, "Upstream agent").
 */
public record RequestRules(BasePath basePath, HostField hostField) {

  /** Origin of the {@code Host} header that the server receives. */
  public enum HostField {
    /** The server's own host and port. */
    SERVER,
    /** The caller's value, if the request has one. */
    CALLER
  }

  /** A decimal number that fits a {@code long}. */
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  /**
   * Characters of a host with an optional port (RFC 9112 section 3.2, RFC 3986 section 3.2); may be
   * empty. Excluded are characters that end or split a header value, begin a path, or end a user
   * name. RFC 3986 allows the comma, but a comma also joins two header values.
   */
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._~!$&'()*+;=%:\\[\\]-]*");

  /**
   * Checks the method, {@code Host}, {@code Content-Length} and the URL. Returns the HTTP request
   * target for the server (see {@link BasePath#urlOf}).
   *
   * @throws CallRefusedException if a server could read a different request, or two requests, or if
   *     the URL would lead out of the base path
   */
  String urlFor(Request request) throws CallRefusedException {
    requireMethod(request.method());
    List<String> hosts = request.headers().all("Host");
    if (hosts.size() > 1) {
      throw badRequest("the request has more than one Host header");
    }
    if (hostField == HostField.CALLER && !hosts.isEmpty() && !isHost(hosts.get(0))) {
      throw badRequest("the Host header is not a host with an optional port");
    }
    List<String> lengths = request.headers().all("Content-Length");
    if (lengths.size() > 1) {
      throw badRequest("the request has more than one Content-Length header");
    }
    if (!lengths.isEmpty() && !LENGTH.matcher(lengths.get(0)).matches()) {
      throw badRequest("the Content-Length header is not a number");
    }
    return basePath.urlOf(request.url());
  }

  /**
   * Refuses TRACE, CONNECT, and a HEAD that is not in capitals. Methods are case-sensitive (RFC
   * 9110 section 9.1), but some HTTP libraries treat {@code head} as HEAD and expect no content. If
   * the server then sends content, the library reads it as the response to the next request on the
   * connection, which may be another caller's.
   */
  private static void requireMethod(String method) throws CallRefusedException {
    switch (method.toUpperCase(Locale.ROOT)) {
      case "TRACE" ->
          throw new CallRefusedException(Failure.METHOD_NOT_ALLOWED, "TRACE is not relayed");
      case "CONNECT" ->
          throw new CallRefusedException(Failure.NOT_IMPLEMENTED, "CONNECT is not relayed");
      case "HEAD" -> {
        if (!method.equals("HEAD")) {
          throw badRequest("the method HEAD must be in capitals");
        }
      }
      default -> {
        // RFC 9110 section 9.1: any token is a method.
      }
    }
  }

  private static boolean isHost(String host) {
    return HOST.matcher(host).matches();
  }

  private static CallRefusedException badRequest(String message) {
    return new CallRefusedException(Failure.BAD_REQUEST, message);
  }
}
