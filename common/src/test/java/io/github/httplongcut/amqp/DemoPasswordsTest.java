package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.otlp.OtlpSettings;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.process.RoleOptions;
import io.github.httplongcut.process.SmallRoleConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class DemoPasswordsTest {

  @TempDir private Path directory;

  private final StringWriter err = new StringWriter();
  private final Map<String, String> environment =
      new HashMap<>(Map.of("LONGCUT_AMQP_PLAIN_TEXT", "allowed"));

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1", "127.255.3.4:5673", "[::1]", "[0:0:0:0:0:0:0:1]", "LocalHost"})
  void aPasswordEqualToItsUserIsAllowedOnThisMachine(String host) {
    AmqpConfig config = parse("uris = \"amqp://broker:broker@%s/v\"".formatted(host));
    assertThat(config.login().currentPassword()).hasValue(new Secret("broker"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rabbitmq",
        "10.0.0.1",
        "128.0.0.1",
        "[::2]",
        "0.0.0.0",
        "127.0.0.1.example",
        "localhost.example"
      })
  void aPasswordEqualToItsUserIsRefusedOnAnyOtherHost(String host) {
    assertThatThrownBy(() -> parse("uris = \"amqp://broker:broker@%s/v\"".formatted(host)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "longcut.amqp.uris: the password of user broker is the user's name, which everybody can"
                + " guess, and "
                + host
                + ":5672 is not a loopback address: change the password (rabbitmqctl"
                + " change_password broker), or set longcut.amqp.demo-passwords = allowed"
                + " (LONGCUT_AMQP_DEMO_PASSWORDS) for a trial (text: 1)");
  }

  @Test
  void anyOtherPasswordIsAllowed() {
    AmqpConfig config = parse("uris = \"amqp://broker:Broker@rabbitmq/v\"");
    assertThat(config.login().currentPassword()).hasValue(new Secret("Broker"));
  }

  @Test
  void oneOtherHostAmongSeveralIsRefused() {
    assertThatThrownBy(
            () ->
                parse(
                    "uris = \"amqp://u:u@127.0.0.1/v, amqp://u:u@mq-2/v, amqp://u:u@localhost/v\""))
        .hasMessageContaining("mq-2:5672 is not a loopback address");
  }

  @Test
  void aPasswordFileIsCheckedToo() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "broker\n");
    assertThatThrownBy(
            () -> parse("password-file = \"%s\"\nuris = \"amqp://broker@mq/v\"".formatted(file)))
        .hasMessageContaining("the password of user broker is the user's name");
  }

  @Test
  void aPasswordFileOfTheEnvironmentIsCheckedToo() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "secret\n");
    environment.put("LONGCUT_AMQP_PASSWORD_FILE", file.toString());
    assertThat(run("--check-config", "--amqp=amqp://broker@rabbitmq/v")).isZero();
    Files.writeString(file, "broker\n");
    assertThat(run("--check-config", "--amqp=amqp://broker@rabbitmq/v")).isEqualTo(2);
    assertThat(err.toString()).contains("the password of user broker is the user's name");
  }

  @Test
  void aRefusedPasswordExitsWithTwo() {
    assertThat(run("--amqp=amqp://broker:broker@rabbitmq/v")).isEqualTo(2);
    assertThat(err.toString()).contains("longcut.amqp.uris: the password of user broker", "--amqp");
    assertThat(run("--check-config", "--amqp=amqp://broker:broker@rabbitmq/v")).isEqualTo(2);
  }

  @Test
  void anEnvironmentVariableAllowsDemoPasswords() {
    environment.put("LONGCUT_AMQP_DEMO_PASSWORDS", "allowed");
    assertThat(run("--check-config", "--amqp=amqp://broker:broker@rabbitmq/v")).isZero();
    environment.put("LONGCUT_AMQP_DEMO_PASSWORDS", "yes");
    assertThat(run("--check-config", "--amqp=amqp://broker:secret@rabbitmq/v")).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "longcut.amqp.demo-passwords: expected refused | allowed, found \"yes\""
                + " (environment variable LONGCUT_AMQP_DEMO_PASSWORDS)");
  }

  private record OnlyAmqp(AmqpConfig amqp) implements SmallRoleConfig {

    static OnlyAmqp read(Settings longcut) {
      longcut.name("id");
      OtlpSettings.read(longcut.section("otlp"));
      return new OnlyAmqp(AmqpConfig.read(longcut.section("amqp")));
    }

    @Override
    public Duration drainTimeout() {
      return Duration.ZERO;
    }
  }

  private int run(String... arguments) {
    CommandLine commandLine =
        new RoleCommand<>(
                Role.BROKER,
                RoleOptions.NONE,
                OnlyAmqp::read,
                (config, settings) -> {
                  throw new AssertionError("nothing is to be started");
                },
                environment,
                new Properties())
            .commandLine();
    commandLine.setOut(new PrintWriter(new StringWriter()));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  private static AmqpConfig parse(String text) {
    return Sources.parse("longcut.amqp { plain-text = allowed, " + text + "\n}", OnlyAmqp::read)
        .amqp();
  }
}
