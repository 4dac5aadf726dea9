package io.github.httplongcut.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SecretTest {

  @Test
  void aSecretIsNotShown() {
    assertThat(new Secret("secret").toString()).doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "http://u:p@h/x http://***@h/x",
        "amqp://u:a@b/c#d?e,f%g@h/v amqp://***@h/v",
        "u:p@h ***@h",
        "orders=u:p@h ***@h",
        "amqp://u:p@h1/v,amqp://u:q@h2/v amqp://***@h2/v",
        "amqp://u:p amqp://u:***",
        "http://u:1p http://u:***",
        "http://h:8080/a:b http://h:8080/a:b",
        "http://h:99999 http://h:99999",
        "http://[::1]:80/x http://[::1]:80/x",
        "eighty eighty",
      })
  void aUrlIsShownWithoutItsLogin(String url, String shown) {
    assertThat(Secret.hiddenIn(url)).isEqualTo(shown);
  }

  @Test
  void urlsInASentenceAreShownWithoutTheirLogins() {
    assertThat(Secret.hiddenInSentence("Key '\"amqp://u:p/@q@h/v\"' ends at http://h: ask a@b"))
        .isEqualTo("Key '\"amqp://***@h/v\"' ends at http://h: ask a@b");
  }
}
