package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class PasswordFileTest {

  @TempDir private Path directory;

  @Test
  void onlyOneLineEndDoesNotBelongToThePassword() throws IOException {
    assertThat(passwordOf("secret")).isEqualTo("secret");
    assertThat(passwordOf("secret\n")).isEqualTo("secret");
    assertThat(passwordOf("secret\r\n")).isEqualTo("secret");
    assertThat(passwordOf("secret\n\n")).isEqualTo("secret\n");
    assertThat(passwordOf(" s e\tcr\u00e9t \n")).isEqualTo(" s e\tcr\u00e9t ");
  }

  @Test
  void aFileHasAtMost1024Bytes() throws IOException {
    assertThat(passwordOf("x".repeat(1023) + "\n")).hasSize(1023);
    assertProblem(
        write("x".repeat(1025)), "is longer than 1024 bytes; it must hold the password only");
  }

  @Test
  void aFileWithoutAPasswordIsRefused() throws IOException {
    assertProblem(write(""), "is empty; write the password into it");
    assertProblem(write("\n"), "is empty; write the password into it");
    assertProblem(
        directory.resolve("missing"), "does not exist; create the file, or correct its path");
    assertProblem(directory, "is a directory; name the file that holds the password");
    assertProblem(
        Files.write(directory.resolve("latin-1"), new byte[] {'p', (byte) 0xe9}),
        "is not UTF-8 text; write the password in UTF-8");
  }

  /** Reading the first byte of this file fails for every user, also for root. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void anUnreadableFileIsRefused() {
    assertProblem(
        Path.of("/proc/self/mem"),
        "cannot be read by the user "
            + System.getProperty("user.name")
            + "; change the file's owner (chown) or mode (chmod)");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPipeIsRefusedWithoutWaitingForItsWriter() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertProblem(pipe, "is not a regular file; name the file that holds the password");
  }

  private String passwordOf(String content) throws IOException {
    return new PasswordFile(write(content)).read().value();
  }

  private Path write(String content) throws IOException {
    return Files.writeString(directory.resolve("password"), content);
  }

  private static void assertProblem(Path file, String problem) {
    assertThatThrownBy(() -> new PasswordFile(file).read())
        .isInstanceOf(LoginException.class)
        .hasMessage("the password file %s %s", file, problem);
  }
}
