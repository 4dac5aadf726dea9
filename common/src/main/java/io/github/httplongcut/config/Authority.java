package io.github.httplongcut.config;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The server that a URL names. Takes more host names than {@link URI}, which knows no host with an
 * underscore, or with a last label that begins with a digit: Docker makes such names itself.
 *
 * @param userInfo the login, as it stands in the URL
 * @param host a name or an address; an IPv6 address has its brackets
 * @param port -1: none is given
 */
public record Authority(Optional<String> userInfo, String host, int port) {

  private static final Pattern FORM =
      Pattern.compile("(?:([^@]*)@)?([A-Za-z0-9_][A-Za-z0-9_.-]*)(?::([0-9]{0,5}))?");

  /** No name: an IPv4 address that is not one. */
  private static final Pattern DIGITS = Pattern.compile("[0-9.]+");

  /**
   * Reads the server's part of a URL.
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

  /** Returns the host as a name to look up: without the brackets of an IPv6 address. */
  public String hostName() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }
}
