package io.github.httplongcut.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Limits how many wrong tokens the admin port accepts in a minute: 10 from an address or an IPv6
 * /64, and 100 from all addresses together. The second limit does not hold for addresses that have
 * sent the right token in the last 12 hours, so that an attack does not lock them out. Thread-safe.
 */
final class LoginLimiter {

  static final int MAX_PER_ADDRESS = 10;
  static final int MAX_IN_ALL = 100;

  /** Addresses with wrong tokens that are remembered, and addresses with the right one. */
  static final int MAX_ADDRESSES = 1_000;

  private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long KNOWN_NANOS = Duration.ofHours(12).toNanos();

  /** Failures of a minute. */
  private static final class Window {
    private long startNanos;
    private int failures;

    Window(long nowNanos) {
      startNanos = nowNanos;
    }

    void renew(long nowNanos) {
      if (nowNanos - startNanos >= WINDOW_NANOS) {
        startNanos = nowNanos;
        failures = 0;
      }
    }
  }

  /** Values by address; forgets the address that was used least recently. */
  private static final class ByAddress<V> extends LinkedHashMap<String, V> {
    private static final long serialVersionUID = 1L;

    ByAddress() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
      return size() > MAX_ADDRESSES;
    }
  }

  /** Wrong tokens of unknown and known addresses. */
  @GuardedBy("this")
  private final Map<String, Window> failures = new ByAddress<>();

  /**
   * Times of the last right tokens. Kept apart from the failures: an attack from many addresses
   * must not displace an address that is known.
   */
  @GuardedBy("this")
  private final Map<String, Long> logins = new ByAddress<>();

  @GuardedBy("this")
  private final Window all;

  LoginLimiter(long nowNanos) {
    all = new Window(nowNanos);
  }

  /** Returns whether a token from this address may be compared now. */
  synchronized boolean allows(InetAddress address, long nowNanos) {
    all.renew(nowNanos);
    Window window = failures.get(key(address));
    if (window != null) {
      window.renew(nowNanos);
    }
    return (window == null || window.failures < MAX_PER_ADDRESS)
        && (all.failures < MAX_IN_ALL || isKnown(address, nowNanos));
  }

  @GuardedBy("this")
  private boolean isKnown(InetAddress address, long nowNanos) {
    Long login = logins.get(key(address));
    return login != null && nowNanos - login < KNOWN_NANOS;
  }

  /**
   * Notes a wrong token.
   *
   * @return whether it is the first of this address in a minute, which should be logged
   */
  synchronized boolean failed(InetAddress address, long nowNanos) {
    all.renew(nowNanos);
    all.failures++;
    Window window = failures.computeIfAbsent(key(address), it -> new Window(nowNanos));
    window.renew(nowNanos);
    window.failures++;
    return window.failures == 1;
  }

  /** Notes the right token. */
  synchronized void succeeded(InetAddress address, long nowNanos) {
    logins.put(key(address), nowNanos);
  }

  private static String key(InetAddress address) {
    byte[] bytes = address.getAddress();
    return address instanceof Inet6Address
        ? HexFormat.of().formatHex(Arrays.copyOf(bytes, 8))
        : address.getHostAddress();
  }
}
