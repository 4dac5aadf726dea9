package io.github.httplongcut.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.config.BrokerSection;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Sources;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtlpSettingsTest {

  @Test
  void queryIsNotShown() {
    assertThat(shown("http://collector:4318/v1/metrics?api-key=secret"))
        .isEqualTo("http://collector:4318/v1/metrics");
    assertThat(shown("http://collector:4318/v1/metrics"))
        .isEqualTo("http://collector:4318/v1/metrics");
  }

  private static String shown(String url) {
    return new OtlpSettings(URI.create(url), Duration.ofMinutes(1), Map.of(), Map.of()).shownUrl();
  }

  @Test
  void thereIsNoExportWithoutAUrl() {
    assertThat(read("step = 5s")).isEmpty();
  }

  @Test
  void allSettingsAreRead() {
    String text =
        "url = \"http://collector:4318/v1/metrics\", step = 10s,"
            + " headers { Authorization = \"Bearer x\" },"
            + " resource-attributes { deployment.environment.name = staging }";

    assertThat(read(text))
        .contains(
            new OtlpSettings(
                URI.create("http://collector:4318/v1/metrics"),
                Duration.ofSeconds(10),
                Map.of("Authorization", new Secret("Bearer x")),
                Map.of("deployment.environment.name", "staging")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "url = \"grpc://h:4317\" | longcut.otlp.url: expected an http or https URL",
        "url = \"http://h#x\" | longcut.otlp.url: expected an http or https URL",
        "url = \"http://u:secret@h\" | longcut.otlp.url: expected an http or https URL",
        "url = \"http://h\", step = 999ms | longcut.otlp.step: expected at least 1s",
        "url = \"http://h\", headers { \"a b\" = secret } | longcut.otlp.headers: not a header field",
        "url = \"http://h\", headers { a = \"secret\\n\" } | longcut.otlp.headers: not a header field",
        "url = \"http://h\", headers { Host = secret } | longcut.otlp.headers: not a header field",
        "uri = \"http://h\" | did you mean longcut.otlp.url?"
      })
  void errorNamesTheSettingAndNoSecret(String text, String error) {
    assertThatThrownBy(() -> read(text))
        .hasMessageContaining(error)
        .message()
        .doesNotContain("secret");
  }

  private static Optional<OtlpSettings> read(String text) {
    return Sources.parse(
        "longcut.otlp { " + text + " }",
        longcut -> {
          Optional<OtlpSettings> settings = OtlpSettings.read(longcut.section("otlp"));
          BrokerSection.read(longcut, broker -> broker);
          return settings;
        });
  }
}
