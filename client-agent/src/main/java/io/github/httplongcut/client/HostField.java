package io.github.httplongcut.client;

import java.util.Locale;
import java.util.regex.Pattern;

/** Parses the host and port of {@code Host} and of absolute-form URLs (RFC 3986 section 3.2). */
final class HostField {

  private static final Pattern FORM =
      Pattern.compile("([A-Za-z0-9._~!$&'()*+;=%-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{0,5})?");

  private static final String DEFAULT_PORT = "80";

  private HostField() {}

  /** Returns whether {@code authority} is a host, with or without a port, and nothing else. */
  static boolean isWellFormed(String authority) {
    return FORM.matcher(authority).matches();
  }

  /** Returns whether both name the same host and port (RFC 9110 section 4.2.3). */
  static boolean areSame(String one, String other) {
    return hostOf(one).equals(hostOf(other)) && portOf(one).equals(portOf(other));
  }

  /**
   * Returns the host in lower case, without the port and a trailing dot: {@code h.} and {@code h}
   * are one host (RFC 1034 section 3.1).
   */
  static String hostOf(String authority) {
    int colon = portColon(authority);
    String host = (colon < 0 ? authority : authority.substring(0, colon)).toLowerCase(Locale.ROOT);
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  private static String portOf(String authority) {
    int colon = portColon(authority);
    String port = colon < 0 ? "" : authority.substring(colon + 1);
    return port.isEmpty() ? DEFAULT_PORT : port;
  }

  private static int portColon(String authority) {
    int colon = authority.lastIndexOf(':');
    boolean inAddress = authority.indexOf(']') > colon; // [::1]
    return inAddress ? -1 : colon;
  }
}
