package io.github.httplongcut.client;

import inet.ipaddr.AddressStringException;
import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressNetwork.IPAddressGenerator;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import inet.ipaddr.IncompatibleAddressException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/**
 * Addresses of the operator's own proxies. Immutable.
 *
 * @param ranges as configured: {@code 10.0.0.0/8}, {@code fd00::/8}, {@code 192.0.2.7}
 */
record TrustedProxies(List<IPAddress> ranges) {

  /** No trusted proxy. */
  static final TrustedProxies NONE = new TrustedProxies(List.of());

  static final IPAddressStringParameters CIDR =
      new IPAddressStringParameters.Builder()
          .allowEmpty(false)
          .allowAll(false)
          .allowMask(false)
          .allowPrefixOnly(false)
          .allowSingleSegment(false)
          .allowWildcardedSeparator(false)
          .setRangeOptions(RangeParameters.NO_RANGE)
          .getIPv4AddressParametersBuilder()
          .allow_inet_aton(false)
          .allowLeadingZeros(false)
          .getParentBuilder()
          .toParams();

  private static final IPAddressGenerator ADDRESSES = new IPAddressGenerator();

  TrustedProxies {
    ranges = List.copyOf(ranges);
  }

  /**
   * Parses addresses and ranges in CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3).
   *
   * @throws IllegalArgumentException if a text is neither
   */
  static TrustedProxies parse(List<String> texts) {
    return new TrustedProxies(texts.stream().map(TrustedProxies::range).toList());
  }

  private static IPAddress range(String text) {
    try {
      return new IPAddressString(text, CIDR).toAddress().toPrefixBlock();
    } catch (AddressStringException | IncompatibleAddressException e) {
      throw new IllegalArgumentException(e);
    }
  }

  boolean contains(InetAddress address) {
    if (ranges.isEmpty()) {
      return false;
    }
    IPAddress caller = ADDRESSES.from(address.getAddress());
    return ranges.stream().anyMatch(range -> range.contains(caller));
  }

  /**
   * Returns the address as text (RFC 5952 section 4), without a zone: zones are local to a host.
   */
  static String textOf(InetAddress address) {
    return address instanceof Inet4Address
        ? address.getHostAddress()
        : ADDRESSES.from(address.getAddress()).toCanonicalString();
  }
}
