package io.github.httplongcut.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each test runs in a separate JVM, because signals end a JVM. */
@Timeout(60)
final class ProcessLifeTest {

  private Process process;
  private BufferedReader output;

  /**
   * A process that prints when it closes; its argument selects a failure of the start or the close.
   */
  static final class Main {

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
      Duration grace =
          arguments[0].equals("hangs") ? Duration.ofMillis(100) : Duration.ofMinutes(1);
      ProcessLife<SmallRoleConfig> life =
          new ProcessLife<>(
              Role.BROKER,
              (config, settings) -> start(arguments[0]),
              new PrintWriter(System.err, false, UTF_8),
              grace);
      System.exit(life.live(() -> Duration.ZERO, ""));
    }

    private static AutoCloseable start(String how) throws IOException {
      if (how.equals("cannot-start")) {
        throw new IOException("no luck");
      }
      if (how.equals("port-taken")) {
        throw new StartException("port 7 is taken", null);
      }
      return () -> {
        System.out.println("closing");
        if (how.startsWith("hangs")) {
          new CountDownLatch(1).await();
        } else if (how.equals("fails")) {
          throw new IOException("no luck");
        }
        System.out.println("closed");
      };
    }
  }

  @AfterEach
  void endProcess() {
    process.destroyForcibly();
  }

  @Test
  void sigtermClosesTheProcessAndExitsWith0() throws Exception {
    run("closes");
    awaitLine("event=started role=broker");
    signal("TERM");
    assertThat(restOfOutput()).contains("event=stopping signal=SIGTERM", "closed", "event=stopped");
    assertThat(exitCode()).isZero();
  }

  @Test
  void sigintClosesTheProcessAndExitsWith0() throws Exception {
    run("closes");
    awaitLine("event=started role=broker");
    signal("INT");
    assertThat(restOfOutput()).contains("event=stopping signal=SIGINT", "closed");
    assertThat(exitCode()).isZero();
  }

  @Test
  void theSecondSignalEndsTheProcessAtOnce() throws Exception {
    run("hangs-for-a-minute");
    awaitLine("event=started");
    signal("TERM");
    awaitLine("closing");
    signal("TERM");
    assertThat(restOfOutput()).doesNotContain("event=stop_hangs");
    assertThat(exitCode()).isEqualTo(128 + 15);
  }

  @Test
  void aCloseThatHangsExitsWith1() throws Exception {
    run("hangs");
    awaitLine("event=started");
    signal("TERM");
    assertThat(restOfOutput()).contains("event=stop_hangs");
    assertThat(exitCode()).isEqualTo(1);
  }

  @Test
  void aCloseThatFailsExitsWith1() throws Exception {
    run("fails");
    awaitLine("event=started");
    signal("TERM");
    assertThat(restOfOutput()).contains("event=stop_failed", "no luck");
    assertThat(exitCode()).isEqualTo(1);
  }

  @Test
  void aStartThatFailsExitsWith1() throws Exception {
    run("cannot-start");
    assertThat(restOfOutput()).contains("event=start_failed", "no luck");
    assertThat(exitCode()).isEqualTo(1);
  }

  @Test
  void aStartExceptionIsPrintedInOneLineWithoutStackTrace() throws Exception {
    run("port-taken");
    assertThat(restOfOutput())
        .endsWith("longcut broker: cannot start: port 7 is taken")
        .doesNotContain("\tat ");
    assertThat(exitCode()).isEqualTo(1);
  }

  @Test
  void withoutSunMiscSignalSigtermStillCloses() throws Exception {
    run("closes", "--limit-modules=java.base,java.naming,java.xml");
    awaitLine("event=started");
    signal("TERM");
    assertThat(restOfOutput())
        .contains("event=stopping signal=shutdown", "closed", "event=stopped");
    assertThat(exitCode()).isEqualTo(128 + 15);
  }

  private void run(String how, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    // A shell that runs the tests in the background has them ignore SIGINT, and so their children.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), how));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    output = process.inputReader(UTF_8);
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private void awaitLine(String part) throws IOException {
    List<String> seen = new ArrayList<>();
    String line = output.readLine();
    while (line != null && !line.contains(part)) {
      seen.add(line);
      line = output.readLine();
    }
    assertThat(line).as("after %s", seen).isNotNull();
  }

  private String restOfOutput() {
    return String.join("\n", output.lines().toList());
  }

  private int exitCode() throws InterruptedException {
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
