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

  /**
   * Addresses that are remembered. The attack that adds one costs a place of {@link #MAX_IN_ALL}.
   */
  private static final int MAX_ADDRESSES = 1_000;

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

  /** One address. */
  private static final class Peer {
    private final Window window;
    private boolean hasLoggedIn;
    private long loggedInNanos;

    Peer(long nowNanos) {
      window = new Window(nowNanos);
    }

    boolean isKnown(long nowNanos) {
      return hasLoggedIn && nowNanos - loggedInNanos < KNOWN_NANOS;
    }
  }

  @GuardedBy("this")
  private final Map<String, Peer> peers =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Peer> eldest) {
          return size() > MAX_ADDRESSES;
        }
      };

  @GuardedBy("this")
  private final Window all;

  LoginLimiter(long nowNanos) {
    all = new Window(nowNanos);
  }

  /** Returns whether a token from this address may be compared now. */
  synchronized boolean allows(InetAddress address, long nowNanos) {
    all.renew(nowNanos);
    Peer peer = peers.get(key(address));
    if (peer == null) {
      return all.failures < MAX_IN_ALL;
    }
    peer.window.renew(nowNanos);
    return peer.window.failures < MAX_PER_ADDRESS
        && (all.failures < MAX_IN_ALL || peer.isKnown(nowNanos));
  }

  /**
   * Notes a wrong token.
   *
   * @return whether it is the first of this address in a minute, which should be logged
   */
  synchronized boolean failed(InetAddress address, long nowNanos) {
    all.renew(nowNanos);
    all.failures++;
    Peer peer = peers.computeIfAbsent(key(address), it -> new Peer(nowNanos));
    peer.window.renew(nowNanos);
    peer.window.failures++;
    return peer.window.failures == 1;
  }

  /** Notes the right token. */
  synchronized void succeeded(InetAddress address, long nowNanos) {
    Peer peer = peers.computeIfAbsent(key(address), it -> new Peer(nowNanos));
    peer.hasLoggedIn = true;
    peer.loggedInNanos = nowNanos;
  }

  private static String key(InetAddress address) {
    byte[] bytes = address.getAddress();
    return address instanceof Inet6Address
        ? HexFormat.of().formatHex(Arrays.copyOf(bytes, 8))
        : address.getHostAddress();
  }
}
