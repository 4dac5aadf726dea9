package io.github.httplongcut.cli.diag;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchivePathTest {

  private static final String ADDRESS = "http://127.0.0.1:8002";
  private static final String OF_ADDRESS = "processes/127-0-0-1-8002/";

  @Test
  void aProcessHasADirectoryWithItsId() {
    assertThat(path("broker.broker-1-k3v7qa")).isEqualTo("processes/broker.broker-1-k3v7qa/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../../etc", ".hidden", "a/b", "a\\b", "a\nb"})
  void anInvalidIdIsReplacedByTheAddress(String id) {
    assertThat(path(id)).isEqualTo(OF_ADDRESS);
  }

  @Test
  void aLongIdIsReplacedByTheAddress() {
    assertThat(path("x".repeat(101))).isEqualTo(OF_ADDRESS);
  }

  @Test
  void aProcessThatDoesNotAnswerHasADirectoryWithItsAddress() {
    assertThat(ArchivePath.ofProcess(ADDRESS, Optional.empty(), Set.of())).isEqualTo(OF_ADDRESS);
  }

  @Test
  void twoProcessesNeverShareADirectory() {
    assertThat(ArchivePath.ofProcess(ADDRESS, Optional.empty(), Set.of(OF_ADDRESS)))
        .isEqualTo("processes/127-0-0-1-8002-2/");
    assertThat(
            ArchivePath.ofProcess(
                ADDRESS, Optional.empty(), Set.of(OF_ADDRESS, "processes/127-0-0-1-8002-2/")))
        .isEqualTo("processes/127-0-0-1-8002-3/");
  }

  private static String path(String id) {
    return ArchivePath.ofProcess(
        ADDRESS, Optional.of(JsonNodeFactory.instance.objectNode().put("id", id)), Set.of());
  }
}
