package io.github.httplongcut.upstream.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

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
            + ConnectFailure.reason(cause);
    if (inContainer && isLoopback(server.host())) {
      sentence +=
          "; the upstream agent runs in a container, where "
              + server.host()
              + " is the container itself: use host.docker.internal or the service's name";
    }
    return sentence;
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
