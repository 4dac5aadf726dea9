package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.sources.SourceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactsReaderTest {

  @TempDir private Path directory;

  @Test
  void secretsAreTheFilesWithAPasswordOrAToken() throws Exception {
    Path password = file("acme.password", "secret");
    Path token = file("token", "0123456789abcdef");
    Path main =
        file(
            "acme.conf",
            """
            longcut.amqp { uris = ["amqps://acme@rabbit-1.example/v"], password-file = "%s" }
            longcut.client-agent.admin.token-file = "%s"
            """
                .formatted(password, token));

    assertThat(secrets(main)).containsExactlyInAnyOrder(password, token);
  }

  @Test
  void passwordOfAnIncludedFileIsASecret() throws Exception {
    Path local =
        file("acme.local.conf", "longcut.amqp.uris = [\"amqps://acme:secret@rabbit-1.example/v\"]");
    Path main = file("acme.conf", "include file(\"" + local + "\")\n");

    assertThat(secrets(main)).containsExactly(local);
  }

  private static List<Path> secrets(Path settings) {
    return FactsReader.read(
            SourceOptions.ofFile(settings, Duration.ofSeconds(1)),
            new FakeNetwork(),
            Optional.empty(),
            RelayFacts.NONE)
        .given()
        .secrets();
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }
}
