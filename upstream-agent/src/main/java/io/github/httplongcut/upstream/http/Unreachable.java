package io.github.httplongcut.upstream.http;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;

/** Describes why a connection to an upstream server failed. */
final class Unreachable {

  private static final boolean IN_CONTAINER =
      Files.exists(Path.of("/.dockerenv")) || Files.exists(Path.of("/run/.containerenv"));

  private Unreachable() {}

  /**
   * Returns one sentence that names the target, the server, the cause and, if known, the remedy.
   */
  static String describe(TargetServer server, Exception cause) {
    return describe(server, cause, IN_CONTAINER);
  }

  static String describe(TargetServer server, Exception cause, boolean inContainer) {
    String sentence =
        "upstream target '"
            + server.name()
            + "': cannot connect to "
            + server.hostAndPort()
            + ": "
            + reason(cause);
    if (inContainer && isLoopback(server.host())) {
      sentence +=
          "; the upstream agent runs in a container, where "
              + server.host()
              + " is the container itself: use host.docker.internal or the service's name";
    }
    return sentence;
  }

  private static String reason(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof UnknownHostException) {
        return "the host name cannot be resolved";
      }
      if (each instanceof ConnectTimeoutException || each instanceof SocketTimeoutException) {
        return "the connection attempt timed out";
      }
      if (each instanceof NoRouteToHostException) {
        return "no route to host";
      }
      if (each instanceof ConnectException) {
        return "connection refused";
      }
      if (each instanceof SSLException) {
        return "TLS handshake failed: " + rootMessage(each);
      }
    }
    return rootMessage(cause);
  }

  private static String rootMessage(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  /** Returns whether the host is a loopback name or address, without a DNS lookup. */
  private static boolean isLoopback(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.equals("localhost") || name.endsWith(".localhost")) {
      return true;
    }
    boolean isAddress = name.contains(":") || name.chars().allMatch(c -> c == '.' || c <= '9');
    try {
      return isAddress && InetAddress.getByName(name).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false; // not a valid address
    }
  }
}
