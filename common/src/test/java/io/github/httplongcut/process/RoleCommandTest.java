package io.github.httplongcut.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.github.httplongcut.config.BrokerSection;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class RoleCommandTest {

  private record SmallConfig(int port, Duration drainTimeout) implements SmallRoleConfig {
    static SmallConfig read(Settings longcut) {
      return BrokerSection.read(
          longcut,
          broker ->
              new SmallConfig(
                  broker.section("admin").port("port"), broker.duration("drain-timeout")));
    }
  }

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Map<String, String> environment = new HashMap<>();
  private final Properties properties = new Properties();

  RoleCommandTest() {
    properties.setProperty("longcut.broker.drain-timeout", "1s");
  }

  @Test
  void checkConfigPrintsTheSettingsWithPasswordsHidden() {
    environment.put("LONGCUT_ADMIN_PORT", "7");
    environment.put("LONGCUT_ID", "from-environment");
    int code =
        run(
            "--check-config",
            "--id=b1",
            "--amqp=amqp://u:secret@h1/v",
            "--amqp=amqp://u:secret@h2/v");
    assertThat(err.toString())
        .isEqualTo(
            "warning: --amqp: the list of processes shows the password to every user of this"
                + " machine; write it into a file, and name the file with --amqp-password-file\n");
    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("uris=\"amqp://u:***@h1/v,amqp://u:***@h2/v\"")
        .contains("id=b1")
        .contains("heartbeat=\"5s\"")
        .doesNotContain("secret")
        .doesNotContain("#");
    var printed = ConfigFactory.parseString(out.toString());
    assertThat(printed.getString("longcut.broker.admin.port")).isEqualTo("7");
    assertThat(printed.getConfig("longcut").root().keySet())
        .containsExactlyInAnyOrder("id", "amqp", "otlp", "broker");
  }

  @Test
  void settingsFileWithAPasswordMustNotBeReadableForOthers(@TempDir Path directory)
      throws IOException {
    environment.put("LONGCUT_ADMIN_PORT", "7");
    Path included = directory.resolve("rabbitmq.conf");
    Files.writeString(included, "longcut.amqp.uris = [\"amqps://u:secret@h/v\"]");
    Path file = Files.writeString(directory.resolve("b.conf"), "include \"rabbitmq.conf\"");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

    Files.setPosixFilePermissions(included, PosixFilePermissions.fromString("rw-------"));
    assertThat(run("--check-config", "--config=" + file)).isZero();
    assertThat(err.toString()).isEmpty();

    Files.setPosixFilePermissions(included, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(run("--check-config", "--config=" + file)).isZero();
    assertThat(err.toString())
        .startsWith("warning: --config: other users of this machine can read the password in ")
        .contains("chmod 600 " + included)
        .doesNotContain("secret");
  }

  @Test
  void anInvalidSettingExitsWith2() {
    assertThat(run("--admin-port", "eighty", "--id", "a.b")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            """
            longcut broker: invalid configuration:
              longcut.id: expected a name of 1 to 64 of A-Z a-z 0-9 _ -, found "a.b" (--id)
              longcut.broker.admin.port: expected a port from 1 to 65535, or 0 for any free port, \
            found "eighty" (--admin-port)
            """);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void errorNamesAnInvalidVariable() {
    environment.put("LONGCUT_ADMIN_PORT", "eighty");
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("(environment variable LONGCUT_ADMIN_PORT)");
  }

  /**
   * Kubernetes sets these variables in all pods if a Service is named "longcut" or "longcut-admin".
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tcp://10.0.0.1:8000",
        "udp://10.0.0.1:8000",
        "sctp://10.0.0.1:8000",
        "tcp://[fd00::1]:8000"
      })
  void aVariableWithTheAddressOfAServiceIsIgnored(String address, @TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("longcut.conf");
    Files.writeString(file, "longcut.broker.admin.port = 8002");
    environment.put("LONGCUT_ADMIN_PORT", address);
    environment.put("LONGCUT_ADMIN_PORT_8000_TCP", address);
    environment.put("LONGCUT_ADMIN_SERVICE_HOST", "10.0.0.1");
    assertThat(run("--check-config", "--config=" + file)).isZero();
    assertThat(out.toString()).contains("port=8002").doesNotContain("10.0.0.1");
    assertThat(err.toString())
        .isEqualTo(
            "warning: ignoring LONGCUT_ADMIN_PORT: its value is the address of a Kubernetes"
                + " Service; set enableServiceLinks: false in the pod's spec, or rename the"
                + " Service\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://10.0.0.1:8000", "tcp://10.0.0.1", "tcp:8000", "8000/tcp"})
  void anyOtherInvalidPortExitsWith2(String port) {
    environment.put("LONGCUT_ADMIN_PORT", port);
    assertThat(run("--amqp=amqp://u:p@h/v")).isEqualTo(2);
    assertThat(err.toString()).contains("found \"" + port + "\"");
  }

  @Test
  void errorAboutAnInvalidFlagHidesTheLogin() {
    for (String argument :
        List.of("--ampq=amqp://u:secret@h/v", "amqp://u:secret@h/v", "amqp://u:se/cret@h/v")) {
      assertThat(run(argument)).isEqualTo(2);
    }
    assertThat(err.toString())
        .contains("'--ampq=amqp://***@h/v'", "'amqp://***@h/v'")
        .doesNotContain("secret", "cret");
  }

  @Test
  void anUnknownFlagExitsWith2() {
    assertThat(run("--admin-prot=1")).isEqualTo(2);
    assertThat(err.toString()).contains("Unknown option: '--admin-prot=1'");
  }

  @Test
  void helpAndVersionExitWith0() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).startsWith("Usage: longcut broker").contains("--check-config");
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).contains("HTTP LongCut " + Version.current());
  }

  private int run(String... arguments) {
    CommandLine commandLine =
        new RoleCommand<>(
                Role.BROKER,
                RoleOptions.NONE,
                SmallConfig::read,
                (config, settings) -> {
                  throw new AssertionError("the role must not be started");
                },
                environment,
                properties)
            .commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }
}
