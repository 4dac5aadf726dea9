package io.github.httplongcut.client;

import inet.ipaddr.AddressStringException;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import inet.ipaddr.IncompatibleAddressException;
import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the address whose share a connection or a request counts for (protocol section 6):
 *
 * <ul>
 *   <li>A connection of a trusted proxy counts for no share.
 *   <li>A request of a trusted proxy counts for the last address in {@code X-Forwarded-For} that is
 *       not a trusted proxy. A caller may have made up the addresses to the left of that one.
 *   <li>If there is no such address, the request counts for no share.
 *   <li>Every other connection or request counts for the peer of its connection.
 * </ul>
 *
 * <p>Immutable.
 */
final class Callers {

  /** Maximum number of addresses read from {@code X-Forwarded-For}, from the last one backwards. */
  static final int MAX_READ = 16;

  /** An IP address. An IPv4 address, and an IPv6 address in brackets, may have a port. */
  private static final Pattern NODE =
      Pattern.compile(
          "\\[([0-9A-Fa-f:.]{2,45})](?::[0-9]{1,5})?"
              + "|([0-9.]{7,15})(?::[0-9]{1,5})?"
              + "|([0-9A-Fa-f:.]{2,45})");

  private static final int MAX_NODE_CHARS = 64;

  private static final IPAddressStringParameters ADDRESS =
      TrustedProxies.CIDR.toBuilder().allowPrefix(false).toParams();

  private final TrustedProxies trustedProxies;
  private final boolean haveShares;

  /**
   * @param haveShares true if callers have shares
   */
  Callers(TrustedProxies trustedProxies, boolean haveShares) {
    this.trustedProxies = trustedProxies;
    this.haveShares = haveShares;
  }

  /** Returns the address whose share a connection from {@code peer} counts for. */
  CallerAddress ofConnection(InetSocketAddress peer) {
    InetAddress address = peer.getAddress();
    return !haveShares || address == null || trustedProxies.contains(address)
        ? CallerAddress.UNSHARED
        : CallerAddress.of(address);
  }

  /** Returns the address whose share a request from {@code peer} counts for. */
  CallerAddress ofRequest(InetSocketAddress peer, Headers headers) {
    InetAddress address = peer.getAddress();
    if (!haveShares || address == null) {
      return CallerAddress.UNSHARED;
    }
    if (!trustedProxies.contains(address)) {
      return CallerAddress.of(address);
    }
    return forwardedFor(headers.all(HeaderRules.FORWARDED_FOR))
        .map(CallerAddress::of)
        .orElse(CallerAddress.UNSHARED);
  }

  /**
   * Returns the caller's address for the access log: that of the peer or, if the peer is a trusted
   * proxy, the one for which the request counts. If there is none, that of the proxy.
   *
   * @param peer null if it is unknown; the result is then empty
   * @param forwardedFor values of {@code X-Forwarded-For}
   */
  String addressOf(InetSocketAddress peer, List<String> forwardedFor) {
    if (peer == null) {
      return "";
    }
    InetAddress address = peer.getAddress();
    if (address == null) {
      return peer.getHostString();
    }
    Optional<InetAddress> caller =
        trustedProxies.contains(address) ? forwardedFor(forwardedFor) : Optional.empty();
    return TrustedProxies.textOf(caller.orElse(address));
  }

  /**
   * Returns the last address in {@code X-Forwarded-For} that is not a trusted proxy. Empty if there
   * is none, or if an entry to the right of it cannot be parsed.
   */
  private Optional<InetAddress> forwardedFor(List<String> lines) {
    int read = 0;
    for (int line = lines.size() - 1; line >= 0; line--) {
      String nodes = lines.get(line);
      int end = nodes.length();
      while (end >= 0 && read < MAX_READ) {
        int comma = nodes.lastIndexOf(',', end - 1);
        Optional<InetAddress> node = parse(nodes.substring(comma + 1, end).strip());
        if (node.isEmpty() || !trustedProxies.contains(node.get())) {
          return node;
        }
        read++;
        end = comma;
      }
    }
    return Optional.empty();
  }

  private static Optional<InetAddress> parse(String node) {
    if (node.length() > MAX_NODE_CHARS) {
      return Optional.empty();
    }
    Matcher matcher = NODE.matcher(node);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String address =
        matcher.group(1) != null
            ? matcher.group(1)
            : matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
    try {
      byte[] bytes = new IPAddressString(address, ADDRESS).toAddress().getBytes();
      return Optional.of(InetAddress.getByAddress(bytes)); // makes no DNS query
    } catch (AddressStringException | IncompatibleAddressException | UnknownHostException e) {
      return Optional.empty();
    }
  }
}
