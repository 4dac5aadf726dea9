package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.broker.BrokerConfig.Limits;
import io.github.httplongcut.broker.BrokerConfig.Timeouts;
import io.github.httplongcut.broker.core.AgentLimits;
import io.github.httplongcut.broker.core.OutlierDetection;
import io.github.httplongcut.broker.core.WaitingLimits;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.share.ShareRule;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BrokerConfigTest {

  @Test
  void defaultsAreThoseOfTheProtocol() {
    BrokerConfig config = parse("");
    assertThat(config.admin()).isEqualTo(new AdminConfig("127.0.0.1", 8002));
    assertThat(config.timeouts())
        .isEqualTo(
            new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(2), Duration.ofSeconds(25)));
    assertThat(config.limits())
        .isEqualTo(
            new Limits(
                1_800,
                256L << 20,
                new WaitingLimits(1_000, 100),
                new ShareRule(0.5, 32),
                3,
                new AgentLimits(1_000, 20_000, OutlierDetection.OFF)));
    assertThat(config.inspect())
        .isEqualTo(new InspectConfig(false, false, 16 << 20, 64 << 10, List.of()));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void brokerUsersIncludeTheOwnUser() {
    assertThat(parse("").users()).containsExactly("u");
    assertThat(parse("users = [broker-2]").users()).containsExactlyInAnyOrder("u", "broker-2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reply-timeout = 31m | reply-timeout: expected at most 30m: RabbitMQ closes the channel",
        "wait-timeout = 31m | wait-timeout: expected at most 30m: RabbitMQ closes the channel",
        "reply-timeout = 2s | ack-timeout: expected less than reply-timeout",
        "max-in-flight = 2000 | max-in-flight: expected less than 2000, RabbitMQ's prefetch",
        "max-in-flight = 999 | max-waiting: expected at most max-in-flight",
        "max-agents = 999 | max-agents-per-user-and-target: expected at most max-agents",
        "inspect.replay = true | inspect.replay: expected false unless inspect.capture is true:"
            + " only",
        "inspect.max-body-bytes = 5 MiB | inspect.max-body-bytes: expected a size such as 1 MiB,"
            + " at",
        "max-attempts = 0 | max-attempts: expected a whole number of at least 1, found \"0\"",
      })
  void inconsistentSettingsAreRejected(String text, String message) {
    assertThatThrownBy(() -> parse(text)).hasMessageStartingWith("longcut.broker." + message);
  }

  private static BrokerConfig parse(String text) {
    return Sources.parse(
        "longcut.amqp.uris = \"amqp://u:p@localhost/v\"\nlongcut.broker { " + text + "\n}",
        BrokerConfig::read);
  }
}
