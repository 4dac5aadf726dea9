package io.github.httplongcut.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.BrokerSection;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Runs a role in a separate JVM to test what {@link RoleCommand#runAndExit} sets up before the
 * start.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class RunAndExitTest {

  private Process process;
  private BufferedReader output;

  /** A role that prints for how long its JVM caches DNS results. */
  static final class Main {

    private Main() {}

    public static void main(String[] arguments) {
      new RoleCommand<RoleConfig>(
              Role.BROKER,
              RoleOptions.NONE,
              settings -> read(settings),
              (config, settings) -> start())
          .runAndExit(arguments);
    }

    private static RoleConfig read(Settings longcut) {
      return BrokerSection.<SmallRoleConfig>read(longcut, broker -> () -> Duration.ZERO);
    }

    private static AutoCloseable start() throws ReflectiveOperationException {
      // The JVM's own values, because the JVM ignores a property that was set too late.
      Class<?> policy = Class.forName("sun.net.InetAddressCachePolicy");
      System.out.printf(
          "dns answers=%s failures=%s%n",
          policy.getMethod("get").invoke(null), policy.getMethod("getNegative").invoke(null));
      return () -> {};
    }
  }

  @AfterEach
  void endProcess() {
    process.destroyForcibly();
  }

  @Test
  void dnsResultsAreCachedFor5SecondsAndFailuresFor1() throws Exception {
    run(List.of());
    assertThat(awaitLine("dns answers=")).isEqualTo("dns answers=5 failures=1");
  }

  @Test
  void sighupIsLoggedAndTheProcessGoesOn() throws Exception {
    run(List.of());
    awaitLine("event=started");
    signal("HUP");
    awaitLine("event=signal_ignored signal=SIGHUP");
    signal("HUP");
    awaitLine("event=signal_ignored signal=SIGHUP");
    signal("TERM");
    awaitLine("event=stopping signal=SIGTERM");
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void underNohupSighupIsIgnoredAndNotLogged() throws Exception {
    run(List.of("nohup"));
    awaitLine("event=started");
    signal("HUP");
    signal("TERM");
    List<String> rest = output.lines().toList();
    assertThat(rest).anyMatch(line -> line.contains("event=stopping signal=SIGTERM"));
    assertThat(rest).noneMatch(line -> line.contains("SIGHUP"));
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void anIgnoredVariableIsLogged() throws Exception {
    run(List.of("env", "LONGCUT_ADMIN_PORT=tcp://10.0.0.1:8000"));
    awaitLine(
        "event=variable_ignored variable=LONGCUT_ADMIN_PORT why=\"its value is the address of a"
            + " Kubernetes Service; set enableServiceLinks: false");
    awaitLine("event=started");
  }

  private void run(List<String> prefix) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-exports=java.base/sun.net=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "--amqp=amqp://u:p@h/v"));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    output = process.inputReader(UTF_8);
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private String awaitLine(String part) throws IOException {
    List<String> seen = new ArrayList<>();
    String line = output.readLine();
    while (line != null && !line.contains(part)) {
      seen.add(line);
      line = output.readLine();
    }
    assertThat(line).as("after %s", seen).isNotNull();
    return line;
  }
}
