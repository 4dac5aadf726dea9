package io.github.httplongcut.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SecretFileTest {

  @TempDir private Path directory;

  /** The process's user is {@code longcut}. */
  @ParameterizedTest
  @CsvSource({
    "rw-------, users, longcut, false",
    "r--------, users, root, false",
    "rw--w--w-, users, longcut, false",
    "rw-r-----, users, longcut, true",
    "r--r-----, users, root, true",
    "r--r-----, root, root, false",
    "rw-r-----, longcut, root, false",
    "rw-r-----, longcut, longcut, false",
    "rw-r-----, alice, alice, false",
    "rw-r-----, alice, root, true",
    "rw----r--, users, longcut, true",
    "rw-r--r--, root, root, true",
    "rw-r--r--, longcut, longcut, true"
  })
  void aModeThatLetsOthersReadIsNoticed(String mode, String group, String owner, boolean readable) {
    assertThat(
            SecretFile.letsOthersRead(
                PosixFilePermissions.fromString(mode), group, owner, "longcut"))
        .isEqualTo(readable);
  }

  @ParameterizedTest
  @CsvSource({"rw-------, false", "r--------, false", "rw----r--, true", "rw-r--r--, true"})
  void theModeIsThatOfTheFile(String mode, boolean readable) throws IOException {
    Path file = Files.writeString(directory.resolve("secret"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    assertThat(new SecretFile(file).isReadableByOthers()).isEqualTo(readable);
  }

  @Test
  void aMissingFileIsNotReadable() {
    assertThat(new SecretFile(directory.resolve("missing")).isReadableByOthers()).isFalse();
  }
}
