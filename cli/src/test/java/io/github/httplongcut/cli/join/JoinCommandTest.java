package io.github.httplongcut.cli.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinCommandTest {

  @TempDir private Path directory;

  private final Tools join = Tools.of(sources -> new JoinCommand(Map.of()));

  /** 192.0.2.1 is no address of a machine (RFC 5737). */
  @Test
  void addressThatTheProcessWouldRefuseIsRefusedBeforeTheChecks() throws Exception {
    assertThat(join.run(grant("amqp://192.0.2.1").toString(), "--no-start")).isEqualTo(1);

    assertThat(join.err())
        .contains(
            "192.0.2.1:5672 without encryption",
            "amqps://",
            "plain-text = allowed into " + directory.resolve("acme.local.conf"))
        .doesNotContain("FAIL", "s3cret");
    assertThat(directory.toFile().list()).containsExactly("acme.longcut");
  }

  @Test
  void settingsOfSomebodyElseStay() throws Exception {
    Path settings = Files.writeString(directory.resolve("acme.conf"), "longcut.id = mine");

    assertThat(join.run(grant("amqps://192.0.2.1").toString(), "--no-start", "--skip-checks"))
        .isEqualTo(2);

    assertThat(join.err()).contains(settings + " exists");
    assertThat(settings).hasContent("longcut.id = mine");
  }

  @Test
  void trialIsDeletedAtTheEndOfTheJvm() throws Exception {
    try (TrialDirectory trial = TrialDirectory.create(directory, "acme")) {
      Files.writeString(trial.path().resolve("acme.password"), "s3cret");

      trial.atExit().start();
      trial.atExit().join();

      assertThat(trial.path()).doesNotExist();
    }
  }

  @Test
  void fileThatOthersCanReadIsAWarning() throws Exception {
    Path file = grant("amqps://192.0.2.1");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(join.run(file.toString(), "--no-start", "--skip-checks")).isZero();
    assertThat(join.err()).doesNotContain("warning");

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(join.run(file.toString(), "--no-start", "--skip-checks")).isZero();
    assertThat(join.err()).contains("warning: other users", "chmod 600 " + file);
  }

  @Test
  void portOfTheOwnSettingsIsNotThatOfTheOption() throws Exception {
    String file = grant("amqps://192.0.2.1").toString();
    try (ServerSocket used = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(used.getLocalPort());

      assertThat(join.run(file, "--port", "0", "--admin-port", port, "--skip-checks")).isEqualTo(1);
      assertThat(join.err()).contains("port " + port + " is in use");

      Files.writeString(
          directory.resolve("acme.local.conf"), "longcut.client-agent.admin.port = ${?UNKNOWN}");
      assertThat(join.run(file, "--port", "0", "--admin-port", port, "--skip-checks")).isZero();
    }
  }

  private Path grant(String address) throws Exception {
    JoiningFile grant =
        new JoiningFile(
            Role.CLIENT_AGENT,
            "acme",
            new Secret("s3cret"),
            "longcut",
            List.of(RabbitMqAddress.parse(address, "x")),
            List.of("orders"),
            Optional.empty());
    return Files.writeString(directory.resolve("acme.longcut"), grant.text());
  }
}
