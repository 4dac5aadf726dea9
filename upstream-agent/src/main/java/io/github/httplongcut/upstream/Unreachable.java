package io.github.httplongcut.upstream;

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

/** Says in words why a server could not be reached. */
final class Unreachable {

  private static final boolean IN_CONTAINER =
      Files.exists(Path.of("/.dockerenv")) || Files.exists(Path.of("/run/.containerenv"));

  private Unreachable() {}

  /** One sentence that names the server, and says what failed and what to look at. */
  static String describe(Target target, Exception cause) {
    return describe(target, cause, IN_CONTAINER);
  }

  static String describe(Target target, Exception cause, boolean inContainer) {
    String sentence =
        "upstream target '"
            + target.name()
            + "': cannot connect to "
            + target.hostAndPort()
            + ": "
            + reason(cause);
    if (inContainer && isLoopback(target.host())) {
      sentence +=
          "; the upstream agent runs in a container, where "
              + target.host()
              + " is the container itself: use host.docker.internal or the service's name";
    }
    return sentence;
  }

  private static String reason(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof UnknownHostException) {
        return "its name cannot be resolved";
      }
      if (each instanceof ConnectTimeoutException || each instanceof SocketTimeoutException) {
        return "no answer in time";
      }
      if (each instanceof NoRouteToHostException) {
        return "no route to it";
      }
      if (each instanceof ConnectException) {
        return "connection refused";
      }
      if (each instanceof SSLException) {
        return "TLS failed: " + rootMessage(each);
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

  /** By its name or number only: nothing is looked up. */
  private static boolean isLoopback(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.equals("localhost") || name.endsWith(".localhost")) {
      return true;
    }
    boolean isNumber = name.contains(":") || name.chars().allMatch(c -> c == '.' || c <= '9');
    try {
      return isNumber && InetAddress.getByName(name).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false; // looks like an address, but is none
    }
  }
}
