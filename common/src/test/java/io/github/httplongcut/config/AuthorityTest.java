package io.github.httplongcut.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AuthorityTest {

  @ParameterizedTest
  @CsvSource({
    "http://h, h, h, -1",
    "http://h:80/x, h, h, 80",
    "http://10.0.0.5:80, 10.0.0.5, 10.0.0.5, 80",
    "'http://[::1]:80', '[::1]', ::1, 80",
    "http://shop_app_1:8080/api, shop_app_1, shop_app_1, 8080",
    "http://_gateway, _gateway, _gateway, -1",
    "http://app_1:, app_1, app_1, -1",
    "http://a_b.example., a_b.example., a_b.example., -1",
    "http://app.1st:80, app.1st, app.1st, 80",
    "http://3scale:80, 3scale, 3scale, 80",
  })
  void hostAndPortAreRead(String url, String host, String hostName, int port) {
    Authority authority = Authority.of(URI.create(url)).orElseThrow();
    assertThat(authority).isEqualTo(new Authority(Optional.empty(), host, port));
    assertThat(authority.hostName()).isEqualTo(hostName);
  }

  @Test
  void theLoginStaysPercentEncoded() {
    assertThat(Authority.of(URI.create("amqp://u:p%40%5F@a_b:5/v")))
        .hasValue(new Authority(Optional.of("u:p%40%5F"), "a_b", 5));
    assertThat(Authority.of(URI.create("amqp://u:p%40@h/v")))
        .hasValue(new Authority(Optional.of("u:p%40"), "h", -1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http:h",
        "/path",
        "http:///path",
        "http://h:port",
        "http://a_b:port",
        "http://a_b:123456",
        "http://u@v@a_b",
        "http://-a_b",
        "http://a_b,c",
        "http://10.0.0.256",
        "http://10.0.0"
      })
  void aUrlWithoutAValidHostHasNoAuthority(String url) {
    assertThat(Authority.of(URI.create(url))).isEmpty();
  }
}
