package io.github.httplongcut.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LoginLimiterTest {

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final LoginLimiter limiter = new LoginLimiter(0);

  @Test
  void anAddressMayErrTenTimesAMinute() {
    for (int i = 0; i < 10; i++) {
      assertThat(limiter.allows(address("10.0.0.1"), i)).isTrue();
      assertThat(limiter.failed(address("10.0.0.1"), i)).as("logged").isEqualTo(i == 0);
    }
    assertThat(limiter.allows(address("10.0.0.1"), MINUTE - 1)).isFalse();
    assertThat(limiter.allows(address("10.0.0.2"), MINUTE - 1)).isTrue();
    assertThat(limiter.allows(address("10.0.0.1"), MINUTE)).isTrue();
    assertThat(limiter.failed(address("10.0.0.1"), MINUTE)).as("logged").isTrue();
  }

  @Test
  void allAddressesOfAnIpv6NetworkAreOne() {
    for (int i = 0; i < 10; i++) {
      limiter.failed(address("2001:db8::" + i), 0);
    }
    assertThat(limiter.allows(address("2001:db8::ffff"), 1)).isFalse();
    assertThat(limiter.allows(address("2001:db8:0:1::1"), 1)).isTrue();
  }

  @Test
  void manyAddressesTogetherAreLimitedButLockOutNobodyWhoHasLoggedIn() {
    limiter.succeeded(address("10.9.9.9"), 0);
    for (int i = 0; i < 100; i++) {
      assertThat(limiter.allows(address("10.0.0." + i), 1)).isTrue();
      limiter.failed(address("10.0.0." + i), 1);
    }
    assertThat(limiter.allows(address("10.0.1.1"), 2)).isFalse();
    assertThat(limiter.allows(address("10.0.0.1"), 2)).isFalse();
    assertThat(limiter.allows(address("10.9.9.9"), 2)).isTrue();
    assertThat(limiter.allows(address("10.0.1.1"), MINUTE)).isTrue();
  }

  /** An IPv6 /48 sends 100 wrong tokens a minute, each from another /64. */
  @Test
  void anAttackFromThousandsOfAddressesLocksOutNobodyWhoHasLoggedIn() {
    limiter.succeeded(address("10.9.9.9"), 0);
    long now = 0;
    for (int i = 0; i < 2 * LoginLimiter.MAX_ADDRESSES; i++) {
      now = i / LoginLimiter.MAX_IN_ALL * MINUTE;
      String attacker = "2001:db8:0:%x::1".formatted(i);
      assertThat(limiter.allows(address(attacker), now)).isTrue();
      limiter.failed(address(attacker), now);
    }

    assertThat(limiter.allows(address("10.0.0.1"), now)).as("an unknown address").isFalse();
    assertThat(limiter.allows(address("10.9.9.9"), now)).as("a known address").isTrue();
  }

  @Test
  void knownAddressesMayErrTenTimesAMinuteToo() {
    limiter.succeeded(address("10.9.9.9"), 0);
    for (int i = 0; i < LoginLimiter.MAX_PER_ADDRESS; i++) {
      limiter.failed(address("10.9.9.9"), 1);
    }
    assertThat(limiter.allows(address("10.9.9.9"), 2)).isFalse();
  }

  @Test
  void aLoginIsRememberedForTwelveHours() {
    limiter.succeeded(address("10.9.9.9"), 0);
    long later = Duration.ofHours(12).toNanos();
    for (int i = 0; i < 100; i++) {
      limiter.failed(address("10.0.0." + i), later - 1);
    }
    assertThat(limiter.allows(address("10.9.9.9"), later - 1)).isTrue();
    assertThat(limiter.allows(address("10.9.9.9"), later)).isFalse();
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
