package io.github.httplongcut.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Host, port and authority of a target's URL. */
final class TargetServerTest {

  @ParameterizedTest
  @CsvSource({
    "http://h, h, h, 80",
    "http://h:80, h, h, 80",
    "http://h:8080/x, h:8080, h, 8080",
    "https://h, h, h, 443",
    "https://h:443, h, h, 443",
    "https://h:80, h:80, h, 80",
    "'http://[::1]:8080', '[::1]:8080', ::1, 8080",
    "http://shop_app_1:3000/api, shop_app_1:3000, shop_app_1, 3000",
    "http://shop_app_1:80, shop_app_1, shop_app_1, 80",
    "https://shop_app_1, shop_app_1, shop_app_1, 443"
  })
  void authorityOmitsTheDefaultPort(String url, String authority, String host, int port) {
    TargetServer server = TargetServer.of(Examples.config(url));

    assertThat(server.authority()).isEqualTo(authority);
    assertThat(server.host()).isEqualTo(host);
    assertThat(server.port()).isEqualTo(port);
  }
}
