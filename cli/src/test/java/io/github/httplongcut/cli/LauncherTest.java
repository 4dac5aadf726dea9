package io.github.httplongcut.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the bash launcher without a build: its errors, and the programs that it starts. */
class LauncherTest extends LauncherFixture {

  @Test
  void helpNamesEveryCommand() throws Exception {
    Result result = run(LAUNCHER, Map.of(), "help");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains("demo ", "test ", "status ", "trace ", "tap ", "echo ")
        .contains("grant ", "revoke ", "grants ", "join ")
        .contains("client-agent ", "broker ", "upstream-agent ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "frobnicate",
        "demo --frobnicate",
        "demo --port",
        "demo --port 65536",
        "demo --brokers 0",
        "demo --upstream-agents x",
        "demo --amqp localhost",
        "demo --management http://localhost"
      })
  void invalidCommandLineIsAUsageError(String commandLine) throws Exception {
    Result result = run(LAUNCHER, Map.of(), commandLine.split(" "));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("./longcut");
  }

  @Test
  void withoutSourcesTheLauncherBecomesJavaWithUnchangedArguments() throws Exception {
    Path launcher = installed("longcut-broker.jar");
    Path java = fakeJava("21.0.1");

    Result result =
        run(
            launcher,
            Map.of("JAVA_HOME", java.toString(), "LONGCUT_JAVA_OPTS", "-Xmx2g -Da=b"),
            "broker",
            "--id",
            "a b",
            "--amqp",
            "amqp://x/*");

    assertThat(result.exitCode()).as(result.err()).isZero();
    List<String> lines = result.out().lines().toList();
    // With exec the launcher's pid is Java's.
    assertThat(lines.get(0)).isEqualTo("pid " + result.pid());
    assertThat(lines)
        .endsWith(
            "[-Xmx2g]",
            "[-Da=b]",
            "[-jar]",
            "[" + home.toRealPath().resolve("lib/longcut-broker.jar") + "]",
            "[--id]",
            "[a b]",
            "[--amqp]",
            "[amqp://x/*]");
  }

  @Test
  void symbolicLinkFindsTheInstallation() throws Exception {
    installed("longcut-cli.jar");
    Path link = Files.createSymbolicLink(home.resolve("link"), Path.of("longcut"));

    Result result =
        run(link, Map.of("JAVA_HOME", fakeJava("17").toString()), "echo", "--port", "0");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).endsWith("[echo]\n[--port]\n[0]\n");
  }

  /** The fake Java prints the variables, too. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "tap --json",
        "trace 12345678 --log access.log",
        "doctor",
        "diag",
        "grants",
      })
  void commandsThatNameNoSourceAskTheDemo(String commandLine) throws Exception {
    Result result = runBesideADemo(Map.of(), commandLine.split(" "));

    assertThat(result.out()).contains("broker=http://demo:1\n");
    assertThat(result.err()).contains("asks the demo of this checkout");
  }

  /** The user means another RabbitMQ and has forgotten to name it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "grant client-agent acme --targets orders",
        "grant broker hub --address amqps://rabbit-1.example:5671/longcut",
        "revoke acme",
        "tap on",
        "tap --json off",
      })
  void commandsThatChangeRabbitMqDoNotAskTheDemo(String commandLine) throws Exception {
    Result result = runBesideADemo(Map.of(), commandLine.split(" "));

    assertThat(result.out()).contains("broker=\n");
    assertThat(result.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status --broker http://other:1",
        "tap --amqp=amqp://u:p@h/v",
        "trace 12345678 --management http://u:p@h",
        "status --config relay.conf",
        "grants --help"
      })
  void commandsThatNameASourceDoNotAskTheDemo(String commandLine) throws Exception {
    Result result = runBesideADemo(Map.of(), commandLine.split(" "));

    assertThat(result.out()).contains("broker=\n");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void variablesTakePrecedenceOverTheDemo() throws Exception {
    Result result =
        runBesideADemo(Map.of("LONGCUT_MANAGEMENT_URL", "http://u:p@other"), "status", "--watch");

    assertThat(result.out()).contains("broker=\n");
  }

  private Result runBesideADemo(Map<String, String> environment, String... arguments)
      throws Exception {
    Path launcher = installed("longcut-cli.jar");
    Path demo = Files.createDirectories(home.resolve(".longcut/demo"));
    Files.writeString(demo.resolve("env"), "export LONGCUT_BROKER_ADMIN_URL='http://demo:1'\n");
    Map<String, String> all = new HashMap<>(environment);
    all.put("JAVA_HOME", fakeJava("17").toString());
    Result result = run(launcher, all, arguments);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
  }

  @Test
  void withoutSourcesTheLauncherRunsOtherProgramsWithUnchangedArguments() throws Exception {
    Path launcher = installed("longcut-cli.jar");

    Result result =
        run(launcher, Map.of(), "sh", "-c", "echo $$ \"$@\"; exit 7", "sh", "a b", "*", "--help");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(7);
    // With exec the launcher's pid is the program's.
    assertThat(result.out()).isEqualTo(result.pid() + " a b * --help\n");
  }

  @Test
  void commandsOfTheLauncherTakePrecedenceOverPrograms() throws Exception {
    Path launcher = installed("longcut-cli.jar");

    Result result =
        run(launcher, Map.of("JAVA_HOME", fakeJava("17").toString()), "echo", "--port", "0");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).endsWith("[echo]\n[--port]\n[0]\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"frobnicate", "--frobnicate", "cd"})
  void anUnknownProgramIsAUsageError(String word) throws Exception {
    Result result = run(installed("longcut-cli.jar"), Map.of(), word);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("unknown command '" + word + "'");
  }

  @Test
  void checkoutRunsNoOtherProgram() throws Exception {
    Result result = run(LAUNCHER, Map.of(), "sh", "-c", "echo ran");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void tooOldJavaIsSkipped() throws Exception {
    Path launcher = installed("longcut-broker.jar");

    Result result = run(launcher, Map.of("JAVA_HOME", fakeJava("11.0.2").toString()), "broker");

    // The launcher may find another Java, but must not start this one.
    assertThat(result.out()).doesNotContain("pid");
  }

  @Test
  void errorNamesAMissingJar() throws Exception {
    Path launcher = installed("longcut-cli.jar");

    Result result = run(launcher, Map.of(), "broker");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("lib/longcut-broker.jar");
  }

  @Test
  void errorOfDemoWithoutSourcesAsksForACheckout() throws Exception {
    Result result = run(installed("longcut-cli.jar"), Map.of(), "demo");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("checkout");
  }
}
