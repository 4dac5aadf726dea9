package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.http.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CallersTest {

  private final Callers callers =
      new Callers(TrustedProxies.parse(List.of("10.0.0.0/8", "fd00::/8")), true);

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7, 192.0.2.7",
    "255.255.255.255, 255.255.255.255",
    "::ffff:192.0.2.7, 192.0.2.7",
    "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64",
    "2001:db8:1:2::9, 2001:db8:1:2::/64",
    "::1, ::/64",
    "ffff:ffff:ffff:ffff::1, ffff:ffff:ffff:ffff::/64"
  })
  void aCallerIsItsAddressOrItsNetworkOf64Bits(String peer, String caller)
      throws UnknownHostException {
    assertThat(callers.ofConnection(peer(peer))).hasToString(caller);
    assertThat(callers.ofRequest(peer(peer), forwardedFor("203.0.113.9"))).hasToString(caller);
  }

  @Test
  void addressesOfOneNetworkAreOneCaller() throws UnknownHostException {
    CallerAddress caller = callers.ofConnection(peer("2001:db8:1:2::1"));

    assertThat(callers.ofConnection(peer("2001:db8:1:2:ffff::1"))).isEqualTo(caller);
    assertThat(callers.ofConnection(peer("2001:db8:1:3::1"))).isNotEqualTo(caller);
    assertThat(callers.ofConnection(peer("192.0.2.1")))
        .isNotEqualTo(callers.ofConnection(peer("192.0.2.2")))
        .isNotEqualTo(callers.ofConnection(peer("::c000:201")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.2.3", "fd00::7", "::ffff:10.1.2.3"})
  void aTrustedProxyHasNoShareOfItsOwn(String proxy) throws UnknownHostException {
    assertThat(callers.ofConnection(peer(proxy)).hasShare()).isFalse();
    assertThat(callers.ofRequest(peer(proxy), Headers.builder().build()).hasShare()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'203.0.113.9', 203.0.113.9",
    "'198.51.100.1, 203.0.113.9', 203.0.113.9",
    "'198.51.100.1,203.0.113.9 ,10.0.0.1,\t10.0.0.2', 203.0.113.9",
    "'<script>, 203.0.113.9', 203.0.113.9",
    "',203.0.113.9', 203.0.113.9",
    "'203.0.113.9:4711', 203.0.113.9",
    "'2001:db8:1:2:3::4', 2001:db8:1:2::/64",
    "'[2001:db8:1:2:3::4]', 2001:db8:1:2::/64",
    "'[2001:db8:1:2:3::4]:443', 2001:db8:1:2::/64",
    "'::ffff:203.0.113.9', 203.0.113.9"
  })
  void aRequestOfATrustedProxyCountsForTheAddressInXForwardedFor(String forwardedFor, String caller)
      throws UnknownHostException {
    assertThat(callers.ofRequest(peer("10.0.0.3"), forwardedFor(forwardedFor))).hasToString(caller);
  }

  @Test
  void theLastLineIsTheNearest() throws UnknownHostException {
    Headers lines = forwardedFor("198.51.100.1, 203.0.113.9", "10.0.0.1");

    assertThat(callers.ofRequest(peer("10.0.0.3"), lines)).hasToString("203.0.113.9");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "203.0.113.9,",
        "unknown",
        "203.0.113.9, unknown",
        "203.0.113.9, unknown, 10.0.0.1",
        "10.0.0.1, 10.0.0.2",
        "203.0.113",
        "203.0.113.9.1",
        "203.0.113.009",
        "203.0.113.256",
        "203.0.113.9/32",
        "203.0.113.*",
        "3405803785",
        "0xcb007109",
        "fe80::1%eth0",
        "1::2::3",
        ":::",
        "203.0.113.9:123456",
        "localhost",
        "203.0.113.9 203.0.113.9"
      })
  void aRequestWithoutAReadableAddressHasNoShare(String forwardedFor) throws UnknownHostException {
    assertThat(callers.ofRequest(peer("10.0.0.3"), forwardedFor(forwardedFor)).hasShare())
        .isFalse();
  }

  @Test
  void onlyTheLastFewAddressesAreRead() throws UnknownHostException {
    String caller = "203.0.113.9";
    String most = caller + ", 10.0.0.1".repeat(Callers.MAX_READ - 1);

    assertThat(callers.ofRequest(peer("10.0.0.3"), forwardedFor(most))).hasToString(caller);
    assertThat(callers.ofRequest(peer("10.0.0.3"), forwardedFor(most + ", 10.0.0.1")).hasShare())
        .isFalse();
    assertThat(
            callers
                .ofRequest(
                    peer("10.0.0.3"), forwardedFor(caller, "10.0.0.1, ".repeat(20) + "10.1.1.1"))
                .hasShare())
        .isFalse();
  }

  @Test
  void withoutCallerSharesNoCallerHasAShare() throws UnknownHostException {
    Callers off = new Callers(TrustedProxies.NONE, false);

    assertThat(off.ofConnection(peer("192.0.2.7")).hasShare()).isFalse();
    assertThat(off.ofRequest(peer("192.0.2.7"), Headers.builder().build()).hasShare()).isFalse();
  }

  private static InetSocketAddress peer(String address) throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(address), 4711);
  }

  private static Headers forwardedFor(String... lines) {
    Headers.Builder headers = Headers.builder();
    for (String line : lines) {
      headers.add("x-forwarded-for", line);
    }
    return headers.build();
  }
}
