package io.github.httplongcut.client;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Address by which callers are told apart for their shares: an IPv4 address, or the first 64 bits
 * of an IPv6 address. A host may take any number of IPv6 addresses of its /64 network (RFC 4291
 * section 2.5.4, RFC 8981). Immutable.
 *
 * @param isIpv6 true if the bits are those of an IPv6 address
 * @param bits the bits of the address, its last bit lowest
 */
record CallerAddress(boolean isIpv6, long bits) {

  /** Stands for all callers without a share: only the total limits apply to them. */
  static final CallerAddress UNSHARED = new CallerAddress(false, -1);

  private static final int IPV6_BYTES = 16;

  /** Returns the address whose share a caller at {@code address} counts for. */
  static CallerAddress of(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address
        ? new CallerAddress(false, Integer.toUnsignedLong(bytes.getInt()))
        : new CallerAddress(true, bytes.getLong());
  }

  /** Returns whether a share limits the caller. */
  boolean hasShare() {
    return !equals(UNSHARED);
  }

  /** Returns {@code 192.0.2.7}, {@code 2001:db8:0:1::/64}, or {@code none} without a share. */
  @Override
  public String toString() {
    if (!hasShare()) {
      return "none";
    }
    try {
      if (isIpv6) {
        byte[] address = ByteBuffer.allocate(IPV6_BYTES).putLong(bits).array();
        return TrustedProxies.textOf(Inet6Address.getByAddress(null, address, -1)) + "/64";
      }
      byte[] address = ByteBuffer.allocate(Integer.BYTES).putInt((int) bits).array();
      return TrustedProxies.textOf(InetAddress.getByAddress(address));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // the length is right
    }
  }
}
