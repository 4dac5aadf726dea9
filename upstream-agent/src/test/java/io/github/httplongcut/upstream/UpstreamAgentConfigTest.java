package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.upstream.http.TargetConfig;
import io.github.httplongcut.upstream.http.TargetConfig.HealthCheck;
import io.github.httplongcut.upstream.http.TargetConfig.Trust;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class UpstreamAgentConfigTest {

  private static final String ONE_TARGET = "targets.orders.url = \"http://h:8080/api\"\n";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void defaultsAreThoseOfTheProtocol() {
    UpstreamAgentConfig config = parse(ONE_TARGET);
    assertThat(config.admin()).isEqualTo(new AdminConfig("127.0.0.1", 8003));
    assertThat(config.ackTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.heartbeatInterval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.targets())
        .containsExactly(
            new TargetConfig(
                "orders",
                URI.create("http://h:8080/api"),
                100,
                Duration.ofSeconds(20),
                1L << 20,
                false,
                new Trust(Optional.empty(), false),
                Optional.empty()));
  }

  @Test
  void settingsOfATargetOverrideTheDefaults(@TempDir Path directory) throws IOException {
    Path ca = Files.createFile(directory.resolve("ca.pem"));
    UpstreamAgentConfig config =
        parse(
            """
            target-defaults { capacity = 7, health-check { interval = 1s, path = /up } }
            targets {
              b { url = "https://h", preserve-host = true, health-check.path = "/health?deep=1" }
              a { url = "https://h", ca-file = "%s", capacity = 3, health-check.timeout = 1s }
            }
            """
                .formatted(ca));
    assertThat(config.targets()).extracting(TargetConfig::name).containsExactly("a", "b");
    assertThat(config.targets().get(0).trust()).isEqualTo(new Trust(Optional.of(ca), false));
    assertThat(config.targets().get(0).healthCheck())
        .hasValue(new HealthCheck("/up", Duration.ofSeconds(1), Duration.ofSeconds(1), 2, 3));
    assertThat(config.targets().get(1).healthCheck())
        .hasValue(
            new HealthCheck("/health?deep=1", Duration.ofSeconds(1), Duration.ofSeconds(2), 2, 3));
    assertThat(config.targets().get(1).preserveHost()).isTrue();
    assertThat(config.prefetch()).isEqualTo(10);
  }

  @Test
  void missingTargetIsAnError() {
    assertThatThrownBy(() -> parse(""))
        .hasMessageStartingWith(
            "longcut.upstream-agent.targets: expected at least one target, such as --target"
                + " NAME=URL (");
  }

  @Test
  void capacityOverThePrefetchLimitIsAnError() {
    assertThatThrownBy(
            () -> parse(ONE_TARGET + "targets.b { url = \"http://h\", capacity = 64901 }"))
        .hasMessageStartingWith(
            "longcut.upstream-agent.targets: expected capacities that add up to at most 65000");
  }

  @Test
  void tooLongHeartbeatIntervalIsAnError() {
    assertThat(parse(ONE_TARGET + "heartbeat-interval = 60s").heartbeatInterval())
        .isEqualTo(Duration.ofSeconds(60));
    assertThatThrownBy(() -> parse(ONE_TARGET + "heartbeat-interval = 61s"))
        .hasMessageStartingWith(
            "longcut.upstream-agent.heartbeat-interval: expected a duration with its unit, such as"
                + " 250ms or 5s, at most 60s: brokers treat a longer interval as 60s")
        .message()
        .contains("found \"61s\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "h:80",
        "ftp://h",
        "http://",
        "http://h?a",
        "http://h#a",
        "http://h:99999",
        "http://a_b:99999",
        "http://10.0.0.256",
        "http://a b"
      })
  void invalidUrlIsAnError(String url) {
    assertThatThrownBy(() -> parse("targets.orders.url = \"" + url + '"'))
        .hasMessageStartingWith(
            "longcut.upstream-agent.targets.orders.url: expected http://HOST[:PORT][/BASE] or"
                + " https://…, without user, query or fragment, found \""
                + url
                + '"');
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://u:secret@h", "http://u:secret@h_1", "http://u:sec/ret@h", "u:secret@h"})
  void errorDoesNotShowTheLoginOfAUrl(String url) {
    assertThatThrownBy(() -> parse("targets.orders.url = \"" + url + '"'))
        .hasMessageStartingWith("longcut.upstream-agent.targets.orders.url: expected http://HOST")
        .message()
        .contains("***@h")
        .doesNotContain("sec", "ret@");
  }

  @Test
  void aPasswordIsNotShownWhenACommaSplitsIt() {
    assertThat(execute(Map.of("LONGCUT_TARGETS", "a=http://u:sec,ret@h"))).isEqualTo(2);
    assertThat(execute(Map.of("LONGCUT_TARGETS", "a=http://u:sec"))).isEqualTo(2);
    assertThat(err.toString()).contains("\"***@h\"", "http://u:***").doesNotContain("sec", "ret@");
  }

  @Test
  void aHostMayHaveAnUnderscore() {
    assertThat(parse("targets.orders.url = \"http://shop_app_1:3000/api\"").targets())
        .extracting(TargetConfig::url)
        .containsExactly(URI.create("http://shop_app_1:3000/api"));
  }

  @Test
  void insecureWithACaFileIsAnError(@TempDir Path directory) throws IOException {
    Path ca = Files.createFile(directory.resolve("ca.pem"));
    assertThatThrownBy(
            () ->
                parse(ONE_TARGET + "target-defaults { insecure = true, ca-file = \"" + ca + "\" }"))
        .hasMessageStartingWith(
            "longcut.upstream-agent.target-defaults.insecure: expected false where ca-file is set");
  }

  @Test
  void targetsOfFlagsAndEnvironmentAreMerged() {
    Map<String, String> environment =
        Map.of(
            "LONGCUT_AMQP_URI", "amqp://u:p@localhost/v",
            "LONGCUT_TARGETS", "a=http://environment-a, b=http://environment-b");
    assertThat(
            execute(
                environment,
                "--check-config",
                "--target=b=http://flag-b",
                "--target",
                "c=http://flag-c"))
        .isZero();
    assertThat(out.toString())
        .contains("http://environment-a", "http://flag-b", "http://flag-c")
        .doesNotContain("http://environment-b");
  }

  @Test
  void targetFlagWithoutAUrlIsAnError() {
    assertThat(execute(Map.of(), "--target=orders")).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "longcut.upstream-agent.targets: expected NAME=URL with a name of 1 to 64 of"
                + " A-Z a-z 0-9 _ -, found \"orders\" (--target)");
  }

  @Test
  void invalidTargetNameIsAnError() {
    assertThat(execute(Map.of("LONGCUT_TARGETS", "a.b=http://h"))).isEqualTo(2);
    assertThat(err.toString())
        .contains("found \"a.b=http://h\" (environment variable LONGCUT_TARGETS)");
  }

  private int execute(Map<String, String> environment, String... arguments) {
    CommandLine commandLine =
        new RoleCommand<>(
                Role.UPSTREAM_AGENT,
                new UpstreamAgentOptions(),
                UpstreamAgentConfig::read,
                (config, settings) -> () -> {},
                environment,
                new Properties())
            .commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  private static UpstreamAgentConfig parse(String text) {
    return Sources.parse(
        "longcut.amqp.uris = \"amqp://u:p@localhost/v\"\nlongcut.upstream-agent { " + text + "\n}",
        UpstreamAgentConfig::read);
  }
}
