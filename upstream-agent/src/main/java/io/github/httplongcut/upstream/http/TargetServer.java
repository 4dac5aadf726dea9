package io.github.httplongcut.upstream.http;

import io.github.httplongcut.config.Authority;
import java.net.URI;

/**
 * The server of an upstream target, with the target's settings.
 *
 * @param config the settings
 * @param server host and port of the upstream server
 * @param authority value of the {@code Host} header: host, and the port unless it is the scheme's
 *     default (RFC 9110 section 7.2)
 */
record TargetServer(TargetConfig config, Authority server, String authority) {

  static TargetServer of(TargetConfig config) {
    URI url = config.url();
    Authority server = Authority.of(url).orElseThrow();
    int defaultPort = isTls(url) ? 443 : 80;
    String authority =
        server.port() == -1 || server.port() == defaultPort
            ? server.host()
            : server.host() + ':' + server.port();
    return new TargetServer(config, server, authority);
  }

  /** Returns the target's name. */
  String name() {
    return config.name();
  }

  boolean isTls() {
    return isTls(config.url());
  }

  /** Returns the host name or address; an IPv6 address without its brackets. */
  String host() {
    return server.hostName();
  }

  int port() {
    return server.port() != -1 ? server.port() : isTls() ? 443 : 80;
  }

  /** Returns host and port for log and error messages; an IPv6 address keeps its brackets. */
  String hostAndPort() {
    return server.host() + ':' + port();
  }

  private static boolean isTls(URI url) {
    return url.getScheme().equalsIgnoreCase("https");
  }
}
