package io.github.httplongcut.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a checkout with the line endings of Git for Windows, under the umask 077. */
class CheckoutTest {

  private static final Path ROOT = Path.of(System.getProperty("longcut.root")).toAbsolutePath();

  @TempDir private Path directory;

  @Test
  void textHasLineFeedsAndTheLauncherRuns() throws Exception {
    assumeTrue(Files.exists(ROOT.resolve(".git")), "the sources are not in a Git checkout");
    Path clone = directory.resolve("clone");
    bash("umask 077 && git clone -q -c core.autocrlf=true '" + ROOT + "' '" + clone + "'");

    assertThat(bash("cd '" + clone + "' && git ls-files --eol | grep 'w/\\(crlf\\|mixed\\)'"))
        .isEqualTo("i/crlf  w/crlf  attr/-text            \tmvnw.cmd\n");
    assertThat(bash("'" + clone.resolve("longcut") + "' help")).startsWith("Usage: ./longcut");
  }

  private String bash(String script) throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", "");
    Process process =
        new ProcessBuilder("bash", "-c", script)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output, UTF_8)).isZero();
    return Files.readString(output, UTF_8);
  }
}
