package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.config.Authority;
import java.net.URI;

/**
 * Server of an upstream target.
 *
 * @param host name or address; an IPv6 address without its brackets
 * @param isTls true for https
 * @param authority value of the header field {@code Host}
 */
record TargetAddress(String host, int port, boolean isTls, String authority) {

  /** Returns the server of a URL with the scheme http or https. */
  static TargetAddress of(URI url) {
    boolean isTls = url.getScheme().equalsIgnoreCase("https");
    int usual = isTls ? 443 : 80;
    Authority server = Authority.of(url).orElseThrow();
    int port = server.port() < 0 ? usual : server.port();
    String authority = port == usual ? server.host() : server.host() + ':' + port;
    return new TargetAddress(server.hostName(), port, isTls, authority);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? '[' + host + ']' : host) + ':' + port;
  }
}
