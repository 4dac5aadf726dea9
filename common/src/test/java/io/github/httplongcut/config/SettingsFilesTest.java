package io.github.httplongcut.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsFilesTest {

  private static final String PASSWORD = "longcut.amqp.uris = [\"amqps://u:secret@h/v\"]\n";

  @TempDir private Path directory;

  @Test
  void includedFileWithAPasswordIsFound() throws IOException {
    Path inner = file("inner.conf", PASSWORD);
    Path local = file("local.conf", "include \"inner.conf\"\nlongcut.id = a\n");
    Path main = file("main.conf", "include file(\"" + local + "\")\n");

    assertThat(SettingsFiles.withPassword(main)).containsExactly(inner);
  }

  @Test
  void passwordThatAnIncludedFileReplacesIsFound() throws IOException {
    file("local.conf", "longcut.amqp.uris = [\"amqps://u@h/v\"]\n");
    Path main = file("main.conf", PASSWORD + "include \"local.conf\"\n");

    assertThat(SettingsFiles.withPassword(main)).containsExactly(main);
  }

  @Test
  void passwordOfAnUnresolvedSettingOrAnInvalidFileIsFound() throws IOException {
    Path unresolved =
        file("unresolved.conf", "longcut.amqp.uris = [\"amqps://u:secret@\"${longcut.host}]\n");
    Path invalid = file("invalid.conf", PASSWORD + "longcut {\n");

    assertThat(SettingsFiles.withPassword(unresolved)).containsExactly(unresolved);
    assertThat(SettingsFiles.withPassword(invalid)).containsExactly(invalid);
  }

  @Test
  void filesWithoutAPasswordAreOmitted() throws IOException {
    file("local.conf", "longcut.id = a\n");
    Path main =
        file("main.conf", "longcut.amqp.uris = [\"amqps://u@h/v\"]\ninclude \"local.conf\"\n");

    assertThat(SettingsFiles.withPassword(main)).isEmpty();
    assertThat(SettingsFiles.withPassword(directory.resolve("missing.conf"))).isEmpty();
  }

  /** Its only writer may have gone after the settings were read. */
  @Test
  void pipeIsNotReadASecondTime() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    assertThat(
            assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> SettingsFiles.withPassword(pipe)))
        .isEmpty();
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content).toAbsolutePath().normalize();
  }
}
