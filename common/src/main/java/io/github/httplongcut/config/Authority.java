package io.github.httplongcut.config;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Host, port and login of a URL. Accepts host names that {@link URI} rejects: with an underscore,
 * or with a last label that begins with a digit. Docker itself creates such names.
 *
 * @param userInfo the login, still percent-encoded
 * @param host a name or an address; an IPv6 address has its brackets
 * @param port the port; -1 if the URL has none
 */
public record Authority(Optional<String> userInfo, String host, int port) {

  private static final Pattern FORM =
      Pattern.compile("(?:([^@]*)@)?([A-Za-z0-9_][A-Za-z0-9_.-]*)(?::([0-9]{0,5}))?");

  /** Digits and dots only: an invalid IPv4 address, not a name. */
  private static final Pattern DIGITS = Pattern.compile("[0-9.]+");

  /**
   * Reads the authority of a URL (RFC 3986 section 3.2).
   *
   * @return empty if the URL names no server
   */
  public static Optional<Authority> of(URI url) {
    if (url.getHost() != null) {
      return Optional.of(
          new Authority(Optional.ofNullable(url.getRawUserInfo()), url.getHost(), url.getPort()));
    }
    Matcher parts = FORM.matcher(url.getRawAuthority() == null ? "" : url.getRawAuthority());
    if (!parts.matches() || DIGITS.matcher(parts.group(2)).matches()) {
      return Optional.empty();
    }
    String port = parts.group(3);
    return Optional.of(
        new Authority(
            Optional.ofNullable(parts.group(1)),
            parts.group(2),
            port == null || port.isEmpty() ? -1 : Integer.parseInt(port)));
  }

  /** Returns the host for a DNS lookup: an IPv6 address without its brackets. */
  public String hostName() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
