package io.github.httplongcut.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests {@code join} of the bash launcher, with a stand-in for the tool and for the process. */
@Timeout(60)
class LauncherJoinTest extends LauncherFixture {

  @Test
  void joinBecomesTheProcessThatTheToolNames() throws Exception {
    Path launcher = installed("longcut-cli.jar");
    Files.createFile(home.resolve("lib/longcut-client-agent.jar"));
    Path java = fakeJava("17");
    printAndWritePlan(java, "amqp=$LONGCUT_AMQP_URI$LONGCUT_ID$LONGCUT_ADMIN_PORT$LONGCUT_TARGETS");

    Result result =
        run(
            launcher,
            Map.of(
                "JAVA_HOME",
                java.toString(),
                "LONGCUT_AMQP_URI",
                "amqp://u:p@other/v",
                "LONGCUT_ID",
                "other",
                "LONGCUT_ADMIN_PORT",
                "1",
                "LONGCUT_TARGETS",
                "a=http://b",
                "LONGCUT_JAVA_OPTS",
                "-Xmx2g"),
            "join",
            "acme.longcut",
            "--port",
            "8000");

    assertThat(result.exitCode()).as(result.err()).isZero();
    String[] runs = result.out().split("(?m)^pid ");
    assertThat(runs).hasSize(3);
    assertThat(runs[1]).contains("[join]\n[acme.longcut]\n[--port]\n[8000]\n");
    assertThat(runs[2])
        .startsWith(result.pid() + "\n")
        .contains("[-Xmx2g]\n")
        .contains("[--config]\n[/a b/acme.conf]\n")
        .endsWith("amqp=\n");
  }

  /** The host of the environment would precede that of the settings, which the tool has checked. */
  @Test
  void joinedProcessListensWhereItsSettingsSay() throws Exception {
    assertThat(listenVariablesOfAJoinedProcess(installed("longcut-cli.jar"))).isEqualTo("on=");
  }

  @Test
  void joinedProcessInTheImageListensOnAllAddresses() throws Exception {
    Path launcher = installed("longcut-cli.jar");
    String marker = ".image";
    Files.createFile(home.resolve(marker));

    assertThat(listenVariablesOfAJoinedProcess(launcher)).isEqualTo("on=0.0.0.0 0.0.0.0");
    assertThat(LAUNCHER.resolveSibling("Dockerfile"))
        .content()
        .contains("/opt/longcut/" + marker, "LONGCUT_HOST=0.0.0.0 LONGCUT_ADMIN_HOST=0.0.0.0");
  }

  /** Returns the last line of the process. */
  private String listenVariablesOfAJoinedProcess(Path launcher) throws Exception {
    Files.createFile(home.resolve("lib/longcut-client-agent.jar"));
    Path java = fakeJava("17");
    printAndWritePlan(java, "on=$LONGCUT_HOST${LONGCUT_ADMIN_HOST:+ $LONGCUT_ADMIN_HOST}");
    Result result =
        run(
            launcher,
            Map.of(
                "JAVA_HOME",
                java.toString(),
                "LONGCUT_HOST",
                "0.0.0.0",
                "LONGCUT_ADMIN_HOST",
                "0.0.0.0"),
            "join",
            "acme.longcut");
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out().lines().reduce((first, second) -> second).orElseThrow();
  }

  /** Lets the fake Java print a line with variables, and write the plan if it runs as the tool. */
  private static void printAndWritePlan(Path java, String line) throws IOException {
    Path program = java.resolve("bin/java");
    Files.writeString(
        program,
        Files.readString(program)
            + "echo \""
            + line
            + "\"\n"
            + "[ -z \"$LONGCUT_JOIN_PLAN\" ] || printf 'client-agent\\n"
            + "/a b/acme.conf\\n"
            + "' >\"$LONGCUT_JOIN_PLAN\"\n");
  }

  @Test
  void joinEndsWithTheExitCodeOfAFailedTool() throws Exception {
    Path launcher = installed("longcut-cli.jar");
    Path java = fakeJava("17");
    Files.writeString(java.resolve("bin/java"), "#!/bin/sh\nexit 2\n");

    assertThat(run(launcher, Map.of("JAVA_HOME", java.toString()), "join", "x").exitCode())
        .isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "HUP, 129", "INT, 130"})
  void signalDuringTheChecksEndsTheTool(String signal, int exitCode) throws Exception {
    Process launcher = startWithAWaitingTool();
    try (BufferedReader out = launcher.inputReader(UTF_8)) {
      long tool = Long.parseLong(out.readLine());

      kill(signal, launcher.pid());

      assertThat(launcher.waitFor()).isEqualTo(exitCode);
      assertThat(ProcessHandle.of(tool).filter(ProcessHandle::isAlive)).isEmpty();
      assertThat(out.readLine()).as("the output of another process").isNull();
      assertThat(temporaryFiles()).isEmptyDirectory();
    } finally {
      launcher.destroyForcibly();
    }
  }

  /** Ctrl-C in a terminal sends SIGINT to the tool, too. */
  @Test
  void toolDoesNotIgnoreSigint() throws Exception {
    Process launcher = startWithAWaitingTool();
    try (BufferedReader out = launcher.inputReader(UTF_8)) {
      kill("INT", Long.parseLong(out.readLine()));

      assertThat(launcher.waitFor()).isEqualTo(130);
      assertThat(temporaryFiles()).isEmptyDirectory();
    } finally {
      launcher.destroyForcibly();
    }
  }

  @Test
  void toolReadsTheInputOfTheLauncher() throws Exception {
    Process launcher = startWithAWaitingTool();
    try (BufferedReader out = launcher.inputReader(UTF_8)) {
      out.readLine();
      launcher.outputWriter(UTF_8).append("a line\n").close();

      assertThat(out.readLine()).isEqualTo("a line");
      assertThat(launcher.waitFor()).isZero();
    } finally {
      launcher.destroyForcibly();
    }
  }

  /** Starts a tool that prints its pid, and then copies its input to its output. */
  private Process startWithAWaitingTool() throws IOException {
    Path launcher = installed("longcut-cli.jar");
    Path java = fakeJava("17");
    Files.writeString(java.resolve("bin/java"), "#!/bin/sh\necho $$\nexec cat\n");
    // A shell that starts the tests in the background makes them ignore SIGINT.
    ProcessBuilder builder =
        new ProcessBuilder(
                "env", "--default-signal=HUP,INT", "bash", launcher.toString(), "join", "a.longcut")
            .redirectError(home.resolve("err").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LONGCUT_"));
    builder
        .environment()
        .putAll(Map.of("JAVA_HOME", java.toString(), "TMPDIR", temporaryFiles().toString()));
    return builder.start();
  }

  private Path temporaryFiles() throws IOException {
    return Files.createDirectories(home.resolve("tmp"));
  }

  private static void kill(String signal, long pid) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder(List.of("kill", "-" + signal, Long.toString(pid))).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
