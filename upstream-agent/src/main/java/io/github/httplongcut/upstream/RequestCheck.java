package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Request;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Refuses requests that no client agent of ours sends, before the server sees anything of them.
 * Whoever may publish requests writes the events himself (docs/protocol.md section 4, "Upstream
 * agent").
 */
final class RequestCheck {

  /** More digits than any content's length has. */
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  /**
   * A host with or without a port (RFC 9112 section 3.2, RFC 3986 section 3.2), empty included:
   * nothing that ends or splits a value, no path and no user. The comma, which RFC 3986 allows,
   * joins two values.
   */
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._~!$&'()*+;=%:\\[\\]-]*");

  private RequestCheck() {}

  /**
   * Checks method, {@code Host} and {@code Content-Length}.
   *
   * @throws CallRefusedException if a server could take the request for another, or for two
   */
  static void requireHarmless(Request request, Target target) throws CallRefusedException {
    requireMethod(request.method());
    List<String> hosts = request.headers().all("Host");
    if (hosts.size() > 1) {
      throw badRequest("there is more than one Host");
    }
    if (target.config().preserveHost() && !hosts.isEmpty() && !isHost(hosts.get(0))) {
      throw badRequest("Host is no host");
    }
    List<String> lengths = request.headers().all("Content-Length");
    if (lengths.size() > 1) {
      throw badRequest("there is more than one Content-Length");
    }
    if (!lengths.isEmpty() && !LENGTH.matcher(lengths.get(0)).matches()) {
      throw badRequest("Content-Length is no number");
    }
  }

  /**
   * Methods are case-sensitive (RFC 9110 section 9.1), but not for every HTTP library. One that
   * takes {@code head} for HEAD expects no content, and would read the content that the server
   * sends as the answer to the next request on that connection, which is somebody else's.
   */
  private static void requireMethod(String method) throws CallRefusedException {
    switch (method.toUpperCase(Locale.ROOT)) {
      case "TRACE" ->
          throw new CallRefusedException(Failure.METHOD_NOT_ALLOWED, "TRACE is not relayed");
      case "CONNECT" ->
          throw new CallRefusedException(Failure.NOT_IMPLEMENTED, "CONNECT is not relayed");
      case "HEAD" -> {
        if (!method.equals("HEAD")) {
          throw badRequest("HEAD is relayed in capitals only");
        }
      }
      default -> {
        // any token is a method
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
