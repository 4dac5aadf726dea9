package io.github.httplongcut.cli.diag;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.sources.TextEnd;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {

  @TempDir private Path directory;

  @Test
  void aShortFileIsReadCompletely() throws Exception {
    Path file = Files.writeString(directory.resolve("a.log"), "one\ntwo\n");
    assertThat(LogFile.end(file)).isEqualTo(new TextEnd("one\ntwo\n", 0));
  }

  @Test
  void onlyTheLastLinesOfALongFileAreRead() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("a.log"), "a line\n".repeat(LogFile.MAX_BYTES / 7) + "the end\n");
    TextEnd end = LogFile.end(file);
    assertThat(end.text()).startsWith("a line\n").endsWith("the end\n");
    assertThat(end.text().length()).isBetween(LogFile.MAX_BYTES - 10, LogFile.MAX_BYTES);
    assertThat(end.omitted() + end.text().length()).isEqualTo(Files.size(file));
  }
}
