package io.github.httplongcut.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@link ChildProcess} with short shell scripts. */
class ChildProcessTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(50);

  /** Runs until the process receives a signal: its standard input stays open. */
  private static final String FOREVER = "exec cat";

  @TempDir private Path directory;

  @Test
  void awaitsOutputAndReturnsTheMatch() {
    try (ChildProcess child = start("echo starting; echo port=42; " + FOREVER)) {
      assertThat(child.awaitOutput(Pattern.compile("port=(\\d+)"), PATIENCE).group(1))
          .isEqualTo("42");
      assertThat(child.isAlive()).isTrue();
    }
  }

  @Test
  void outputHasStandardOutputAndStandardError() {
    try (ChildProcess child = start("echo one; echo two >&2")) {
      assertThat(child.join(PATIENCE)).isEqualTo("one\ntwo\n");
    }
    assertThat(directory.resolve("logs/child.log")).hasContent("one\ntwo");
  }

  @Test
  void outputMayEndWithinACharacter() {
    try (ChildProcess child = start("printf 'x\\303'")) {
      assertThat(child.join(PATIENCE)).startsWith("x");
    }
  }

  @Test
  void lastLineOfAnEndedProcessIsFound() {
    try (ChildProcess child = start("echo ready")) {
      child.awaitExit(PATIENCE);
      assertThat(child.awaitOutput(Pattern.compile("ready"), SHORT).group()).isEqualTo("ready");
    }
  }

  @Test
  void awaitFailsWhenTheProcessEnds() {
    try (ChildProcess child = start("echo no memory; exit 3")) {
      assertThatThrownBy(() -> child.awaitOutput(Pattern.compile("ready"), PATIENCE))
          .isInstanceOf(TestkitException.class)
          .hasMessageContainingAll("child ended with exit code 3", "child.log", "no memory");
    }
  }

  @Test
  void awaitFailsAfterTheTimeout() {
    try (ChildProcess child = start(FOREVER)) {
      assertThatThrownBy(() -> child.await("its page", SHORT, Optional::empty))
          .isInstanceOf(TestkitException.class)
          .hasMessageContaining("child timed out: still waiting for its page");
    }
  }

  @Test
  void joinFailsWithTheExitCodeAndTheOutput() {
    try (ChildProcess child = start("echo wrong option; exit 2")) {
      assertThatThrownBy(() -> child.join(PATIENCE))
          .isInstanceOf(TestkitException.class)
          .hasMessageContainingAll("child ended with exit code 2", "wrong option");
    }
  }

  @Test
  void awaitExitFailsAfterTheTimeout() {
    try (ChildProcess child = start(FOREVER)) {
      assertThatThrownBy(() -> child.awaitExit(SHORT))
          .isInstanceOf(TestkitException.class)
          .hasMessageContaining("child did not end within");
    }
  }

  @Test
  void terminateLetsTheProcessEndByItself() {
    try (ChildProcess child = start("trap 'echo drained; exit 0' TERM; echo ready; read line")) {
      child.awaitOutput(Pattern.compile("ready"), PATIENCE);
      child.terminate();
      assertThat(child.awaitExit(PATIENCE)).isZero();
      assertThat(child.output()).isEqualTo("ready\ndrained\n");
    }
  }

  @Test
  void signalReachesTheProcess() {
    try (ChildProcess child = start("trap 'echo got HUP; exit 0' HUP; echo ready; read line")) {
      child.awaitOutput(Pattern.compile("ready"), PATIENCE);
      child.signal("HUP");
      assertThat(child.join(PATIENCE)).isEqualTo("ready\ngot HUP\n");
    }
  }

  @Test
  void killEndsAFrozenProcess() {
    ChildProcess child = start(FOREVER);
    child.signal("STOP");
    child.kill();
    assertThat(child.isAlive()).isFalse();
    assertThat(child.awaitExit(PATIENCE)).isEqualTo(128 + 9);
  }

  @Test
  void stopKillsAProcessThatDoesNotEnd() {
    ChildProcess child = start("trap '' TERM; echo ready; while read line; do :; done");
    child.awaitOutput(Pattern.compile("ready"), PATIENCE);

    assertThatThrownBy(() -> child.stop(SHORT))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("child did not end within");
    assertThat(child.awaitExit(PATIENCE)).isEqualTo(128 + 9);
  }

  @Test
  void closeEndsTheProcess() {
    ChildProcess child = start(FOREVER);
    child.close();
    assertThat(child.awaitExit(PATIENCE)).isEqualTo(128 + 15);
  }

  @Test
  void runReturnsTheOutputOfAProgramWithoutInput() {
    assertThat(ChildProcess.run(List.of("sh", "-c", "cat; echo done"), PATIENCE))
        .isEqualTo("done\n");
  }

  @Test
  void runKeepsTheLogOfAFailedProgram() throws Exception {
    assertThatThrownBy(() -> ChildProcess.run(List.of("sh", "-c", "echo bad; exit 1"), PATIENCE))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("sh -c echo bad; exit 1 ended with exit code 1")
        .satisfies(
            failure -> {
              String message = failure.getMessage();
              int from = message.indexOf("The end of ") + "The end of ".length();
              Path log = Path.of(message.substring(from, message.indexOf(":\n")));
              assertThat(log).hasContent("bad");
              Files.delete(log);
            });
  }

  @Test
  void missingProgramFails() {
    Path log = directory.resolve("log");
    assertThatThrownBy(() -> ChildProcess.start("tool", List.of("/no/such/program"), log))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("cannot start tool");
  }

  private ChildProcess start(String script) {
    return ChildProcess.start(
        "child", List.of("sh", "-c", script), directory.resolve("logs/child.log"));
  }
}
