package io.github.httplongcut.system.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks the systemd units of the three roles, with systemd's own checks where it is installed. */
class SystemdUnitsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The first version with the specifier %d and with {@code security --offline}. */
  private static final int SYSTEMD_NEEDED = 250;

  /** The largest exposure that passes, in tenths of systemd's scale from 0 (safe) to 10. */
  private static final int MAX_EXPOSURE = 20;

  /** Seconds after the drain timeout in which a process ends itself. */
  private static final int GRACE_SECONDS = 5;

  @TempDir private Path directory;

  @Test
  void theUnitsDifferInTheirRoleOnly() throws IOException {
    List<String> broker = settings("broker");
    assertThat(broker).hasSizeGreaterThan(30).contains("RestartPreventExitStatus=2");
    assertThat(settings("client-agent")).isEqualTo(broker);
    assertThat(settings("upstream-agent")).isEqualTo(broker);
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "client-agent", "upstream-agent"})
  void systemdKillsNoProcessThatDrains(String role) throws IOException {
    int drain =
        seconds(
            Checkout.file(role + "/src/main/resources/reference.conf"), "drain-timeout = (\\d+)s");
    assertThat(seconds(unit(role), "TimeoutStopSec=(\\d+)")).isGreaterThan(drain + GRACE_SECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "client-agent", "upstream-agent"})
  void systemdAcceptsTheUnits(String role) throws IOException {
    assumeSystemd();
    assertThat(analyze("verify", "--man=no", copy(role))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "client-agent", "upstream-agent"})
  void systemdFindsTheUnitsWellConfined(String role) throws IOException {
    assumeSystemd();
    assertThat(analyze("security", "--offline=yes", "--threshold=" + MAX_EXPOSURE, copy(role)))
        .contains("Overall exposure level");
  }

  /** Returns the lines of a unit without comments and with {@code ROLE} for the role's name. */
  private static List<String> settings(String role) throws IOException {
    try (Stream<String> lines = Files.lines(unit(role))) {
      return lines
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .map(line -> line.replace(role, "ROLE").replace(role.replace('-', ' '), "ROLE"))
          .toList();
    }
  }

  private static Path unit(String role) {
    return Checkout.file("ops/systemd/longcut-" + role + "@.service");
  }

  private static int seconds(Path file, String pattern) throws IOException {
    Matcher found = Pattern.compile(pattern).matcher(Files.readString(file));
    assertThat(found.find()).as(pattern + " in " + file).isTrue();
    return Integer.parseInt(found.group(1));
  }

  /** Copies a unit, with the launcher of this checkout: systemd checks that the program exists. */
  private String copy(String role) throws IOException {
    Path unit = unit(role);
    String text = Files.readString(unit);
    assertThat(text).contains("ExecStart=/opt/longcut/longcut ");
    return Files.writeString(
            directory.resolve(unit.getFileName()),
            text.replace("/opt/longcut/longcut ", Checkout.file("longcut") + " "))
        .toString();
  }

  private String analyze(String... arguments) {
    List<String> command = new ArrayList<>(List.of("systemd-analyze"));
    command.addAll(List.of(arguments));
    return ChildProcess.run(command, PATIENCE);
  }

  private static void assumeSystemd() {
    boolean installed =
        Stream.of("/usr/bin/systemd-analyze", "/bin/systemd-analyze")
            .anyMatch(program -> Files.isExecutable(Path.of(program)));
    assumeTrue(installed, "systemd is not installed");
    Matcher version =
        Pattern.compile("systemd (\\d+)")
            .matcher(ChildProcess.run(List.of("systemd-analyze", "--version"), PATIENCE));
    assumeTrue(
        version.find() && Integer.parseInt(version.group(1)) >= SYSTEMD_NEEDED,
        "systemd is older than " + SYSTEMD_NEEDED);
  }
}
