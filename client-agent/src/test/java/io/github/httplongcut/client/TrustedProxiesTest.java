package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.7/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.1, false",
    "10.0.0.0/8, ::1, false",
    "192.0.2.7, 192.0.2.7, true",
    "192.0.2.7, 192.0.2.8, false",
    "fd00::/8, fd12:3456::1, true",
    "fd00::/8, fe80::1, false",
    "0.0.0.0/0, 203.0.113.9, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "::/0, 2001:db8::1, true",
    "10.0.0.0/8, ::ffff:10.1.2.3, true"
  })
  void aRangeContainsItsAddresses(String range, String address, boolean inside)
      throws UnknownHostException {
    TrustedProxies proxies = TrustedProxies.parse(List.of("198.51.100.1", range));

    assertThat(proxies.contains(InetAddress.getByName(address))).isEqualTo(inside);
  }

  @Test
  void noProxyIsTrustedByDefault() {
    assertThat(TrustedProxies.NONE.contains(InetAddress.getLoopbackAddress())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "*",
        "10.0.0.0/33",
        "10.*",
        "10.1/16",
        "012.0.0.1",
        "10.0.0-9.1",
        "10",
        "proxy.example",
        "fd00::/129",
        "10.0.0.0/255.0.0.0",
        "10.0.0.1:80",
        "/8"
      })
  void anInvalidRangeIsRefused(String text) {
    assertThatThrownBy(() -> TrustedProxies.parse(List.of(text)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** RFC 5952 section 4: lower case, no leading zeros, the longest run of zeros cut short. */
  @ParameterizedTest
  @CsvSource({
    "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "2001:0db8::0001, 2001:db8::1",
    "0:0:0:0:0:0:0:1, ::1",
    "192.0.2.7, 192.0.2.7",
    "::ffff:192.0.2.7, 192.0.2.7"
  })
  void anAddressHasItsCanonicalText(String address, String text) throws UnknownHostException {
    assertThat(TrustedProxies.textOf(InetAddress.getByName(address))).isEqualTo(text);
  }

  @Test
  void theZoneIsLeftOut() throws UnknownHostException {
    byte[] linkLocal = InetAddress.getByName("fe80::1").getAddress();

    assertThat(TrustedProxies.textOf(Inet6Address.getByAddress(null, linkLocal, 1)))
        .isEqualTo("fe80::1");
  }
}
