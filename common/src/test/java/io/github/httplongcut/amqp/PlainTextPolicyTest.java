package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.config.InsecureSetting;
import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.otlp.OtlpSettings;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PlainTextPolicyTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]"})
  void amqpWithoutTlsIsAllowedOnThisMachine(String host) {
    AmqpConfig config = parse("uris = \"amqp://u:p@%s/v\"".formatted(host));
    assertThat(config.tls()).isEmpty();
    assertThat(config.insecureSettings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rabbitmq",
        "10.0.0.1",
        "0.0.0.0",
        "[::ffff:10.0.0.1]",
        "[::]",
        "localhost.example",
        "128.0.0.1"
      })
  void amqpWithoutTlsToAnotherMachineIsRefused(String host) {
    assertThatThrownBy(() -> parse("uris = \"amqp://u:secret@%s/v\"".formatted(host)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "longcut.amqp.uris: "
                + host
                + ":5672 is not a loopback address, and amqp:// would send the password and all"
                + " requests there without encryption: use amqps://, or set"
                + " longcut.amqp.plain-text = allowed (LONGCUT_AMQP_PLAIN_TEXT) if nobody else can"
                + " read the traffic (text: 1)");
  }

  @Test
  void oneOtherMachineAmongSeveralIsRefused() {
    assertThatThrownBy(() -> parse("uris = \"amqp://u:p@localhost/v, amqp://u:p@mq-2/v\""))
        .hasMessageContaining("mq-2:5672 is not a loopback address");
  }

  @Test
  void theSettingAllowsItWithAWarningAtTheStart() {
    AmqpConfig config = parse("plain-text = allowed, uris = \"amqp://u:p@mq/v\"");
    assertThat(config.insecureSettings())
        .containsExactly(
            new InsecureSetting(
                "longcut.amqp.plain-text",
                "anybody on the network path to mq:5672 can read the password and all requests; use"
                    + " amqps://"));
  }

  @Test
  void tlsAndToolsNeedNoSetting() {
    assertThat(parse("uris = \"amqps://u:p@mq/v\"").insecureSettings()).isEmpty();
    assertThat(parse("uris = \"amqp://u:p@mq/v\"", AmqpConfig::readForTool).user()).isEqualTo("u");
  }

  @Test
  void anInsecureTlsCausesAWarning() {
    assertThat(parse("uris = \"amqps://u:p@mq/v\", tls.insecure = true").insecureSettings())
        .extracting(InsecureSetting::setting)
        .containsExactly("longcut.amqp.tls.insecure");
  }

  private static AmqpConfig parse(String text) {
    return parse(text, AmqpConfig::read);
  }

  private static AmqpConfig parse(String text, Function<Settings, AmqpConfig> reader) {
    return Sources.parse(
        "longcut.amqp { " + text + "\n}",
        longcut -> {
          longcut.name("id");
          OtlpSettings.read(longcut.section("otlp"));
          return reader.apply(longcut.section("amqp"));
        });
  }
}
