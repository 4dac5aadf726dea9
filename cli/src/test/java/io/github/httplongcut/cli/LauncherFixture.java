package io.github.httplongcut.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/** Runs of the bash launcher with a stand-in for Java. */
abstract class LauncherFixture {

  /** Launcher of the checkout. */
  static final Path LAUNCHER = Path.of(System.getProperty("longcut.root"), "longcut");

  /** Directory of one test. */
  @TempDir Path home;

  record Result(int exitCode, String out, String err, long pid) {}

  /** Creates the layout of the image: the launcher beside lib/, and no sources. */
  Path installed(String jar) throws IOException {
    Files.createFile(Files.createDirectories(home.resolve("lib")).resolve(jar));
    return Files.copy(LAUNCHER, home.resolve("longcut"));
  }

  /** Creates a fake Java that prints its pid, a variable and its arguments. Returns its home. */
  Path fakeJava(String version) throws IOException {
    Path java = home.resolve("java");
    Path program = Files.createDirectories(java.resolve("bin")).resolve("java");
    Files.writeString(java.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    Files.writeString(
        program,
        """
        #!/bin/sh
        echo "pid $$"
        echo "broker=$LONGCUT_BROKER_ADMIN_URL"
        for a; do echo "[$a]"; done
        """);
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return java;
  }

  /** Runs a launcher to its end, with no other {@code LONGCUT_} variables than these. */
  Result run(Path launcher, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", launcher.toString()));
    for (String argument : arguments) {
      if (!argument.isEmpty()) {
        command.add(argument);
      }
    }
    Path out = Files.createTempFile(home, "out", "");
    Path err = Files.createTempFile(home, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LONGCUT_"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the launcher has ended").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Result(
        process.exitValue(),
        Files.readString(out, UTF_8),
        Files.readString(err, UTF_8),
        process.pid());
  }
}
