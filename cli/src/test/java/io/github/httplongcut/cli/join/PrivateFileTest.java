package io.github.httplongcut.cli.join;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFileTest {

  @TempDir private Path directory;

  private Path file;

  @BeforeEach
  void begin() {
    file = directory.resolve("acme.longcut");
  }

  /** As on Ctrl-C while a grant waits for RabbitMQ. */
  @Test
  void newContentIsDeletedAtTheEndOfTheJvm() throws Exception {
    try (PrivateFile staged = PrivateFile.stage(file, "s3cret")) {
      assertThat(directory).isNotEmptyDirectory();

      staged.atExit().start();
      staged.atExit().join();

      assertThat(directory).isEmptyDirectory();
    }
  }

  @Test
  void committedFileStaysAtTheEndOfTheJvm() throws Exception {
    try (PrivateFile staged = PrivateFile.stage(file, "s3cret")) {
      staged.commit();

      staged.atExit().start();
      staged.atExit().join();
    }
    assertThat(file).hasContent("s3cret");
  }

  @Test
  void newContentIsDeletedWithoutACommit() {
    PrivateFile.stage(file, "s3cret").close();

    assertThat(directory).isEmptyDirectory();
  }
}
