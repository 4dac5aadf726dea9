package io.github.httplongcut.cli.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.config.Role;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
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
  void portsAreThoseOfTheMergedSettings() throws Exception {
    String file = grant("amqps://192.0.2.1").toString();
    try (ServerSocket used = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(used.getLocalPort());
      String[] ofOption = {file, "--port", "0", "--admin-port", port, "--skip-checks"};
      String[] free = {file, "--port", "0", "--admin-port", "0", "--skip-checks"};

      assertThat(join.run(ofOption)).isEqualTo(1);
      assertThat(join.err()).contains("port " + port + " is in use", "port with --admin-port");

      ownSettings("longcut.client-agent.admin.port = 0");
      assertThat(join.run(ofOption)).isZero();

      ownSettings("longcut.client-agent.port = " + port);
      assertThat(join.run(free)).isEqualTo(1);
      assertThat(join.err())
          .contains("choose another port with --port, or with longcut.client-agent.port");
    }
  }

  @Test
  void hintNamesTheAddressOfTheMergedSettings() throws Exception {
    Path plan = directory.resolve("plan");
    Tools starting =
        Tools.of(sources -> new JoinCommand(Map.of(JoinCommand.PLAN, plan.toString())));
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    ownSettings("longcut.client-agent { host = \"0.0.0.0\", port = " + port + " }");

    String file = grant("amqps://192.0.2.1").toString();
    assertThat(starting.run(file, "--admin-port", "0", "--skip-checks")).isZero();

    assertThat(starting.err()).contains("curl -i http://127.0.0.1:" + port + "/\n");
    assertThat(plan).content().startsWith("client-agent\n");
  }

  /** 192.0.2.1 is no address of a machine (RFC 5737). */
  @Test
  void addressOfAnotherMachineIsNoPortInUse() throws Exception {
    ownSettings("longcut.client-agent.host = \"192.0.2.1\"");

    String file = grant("amqps://192.0.2.1").toString();
    assertThat(join.run(file, "--port", "0", "--skip-checks")).isEqualTo(1);

    assertThat(join.err())
        .contains("cannot listen on 192.0.2.1:0", "acme.local.conf")
        .doesNotContain("in use");
  }

  /** Writes the settings into a file that the operator's own file includes. */
  private void ownSettings(String settings) throws Exception {
    Files.writeString(directory.resolve("ports.conf"), settings);
    Files.writeString(directory.resolve("acme.local.conf"), "include \"ports.conf\"");
  }

  private Path grant(String address) throws Exception {
    JoiningFile grant = JoiningFiles.at(address, Role.CLIENT_AGENT, "orders");
    return Files.writeString(directory.resolve("acme.longcut"), grant.text());
  }
}
