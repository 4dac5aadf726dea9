package io.github.httplongcut.cli.diag;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {

  @TempDir private Path directory;

  @Test
  void aShortFileIsReadCompletely() throws Exception {
    Path file = Files.writeString(directory.resolve("a.log"), "one\ntwo\n");
    assertThat(LogFile.end(file)).isEqualTo("one\ntwo\n");
  }

  @Test
  void onlyTheEndOfALongFileIsRead() throws Exception {
    Path file =
        Files.writeString(directory.resolve("a.log"), "x".repeat(LogFile.MAX_BYTES) + "end\n");
    assertThat(LogFile.end(file)).hasSize(LogFile.MAX_BYTES).startsWith("xx").endsWith("xend\n");
  }
}
