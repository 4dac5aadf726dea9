package io.github.httplongcut.cli.diag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.httplongcut.cli.diag.Part.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LogDirectoryTest {

  @TempDir private Path directory;

  @Test
  void eachFileIsAPart() throws Exception {
    log("broker-1.log");
    log("notes.txt");
    assertThat(parts()).containsExactly(Part.of("logs/broker-1.log", "event=x\n", Part.Keep.END));
  }

  @Test
  void aFileThatCannotBeReadHidesNoOther() throws Exception {
    log("broker-1.log");
    Files.createDirectory(directory.resolve("archive.log"));
    Files.createSymbolicLink(directory.resolve("gone.log"), directory.resolve("nothing"));
    assertThat(parts())
        .extracting(Part::name, Part::state)
        .containsExactlyInAnyOrder(
            tuple("logs/broker-1.log", State.COMPLETE),
            tuple("logs/archive.log", State.MISSING),
            tuple("logs/gone.log", State.MISSING));
  }

  @Test
  @Timeout(20)
  void aPipeIsNotOpened() throws Exception {
    Path pipe = directory.resolve("pipe.log");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThat(parts()).containsExactly(Part.missing("logs/pipe.log", "not a file"));
  }

  @Test
  void theNewestFilesAreTaken() throws Exception {
    for (int i = 0; i < 60; i++) {
      Path file = log("a%02d.log".formatted(i));
      Files.setLastModifiedTime(file, FileTime.fromMillis(i * 60_000L));
    }
    assertThat(parts())
        .hasSize(51)
        .anyMatch(part -> part.name().equals("logs/a59.log"))
        .noneMatch(part -> part.name().equals("logs/a09.log"))
        .contains(Part.missing("logs/", "without 10 older files: at most 50 are taken"));
  }

  @Test
  void aMissingDirectoryIsReported() {
    List<Part> parts = LogDirectory.parts(directory.resolve("none"), Optional.empty(), redaction());
    assertThat(parts).singleElement().extracting(Part::state).isEqualTo(State.MISSING);
  }

  /** An access log has the addresses of the callers. */
  @Test
  void accessLogsAreLeftOut() throws Exception {
    log("access.log");
    Path named = log("shop.log");
    Path sameFile = directory.resolve("../" + directory.getFileName() + "/shop.log");
    assertThat(named).exists();
    assertThat(LogDirectory.parts(directory, Optional.of(sameFile), redaction()))
        .hasSize(2)
        .allMatch(part -> part.state() == State.MISSING)
        .allMatch(part -> part.why().startsWith("left out: an access log"));
  }

  private Path log(String name) throws IOException {
    return Files.writeString(directory.resolve(name), "event=x\n");
  }

  private List<Part> parts() {
    return LogDirectory.parts(directory, Optional.empty(), redaction());
  }

  private static Redaction redaction() {
    return new Redaction(Set.of(), Set.of());
  }
}
