package io.github.httplongcut.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.config.Sources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetsPageTest {

  @Test
  void servesTheServersOfTheTargets(@TempDir Path directory) throws IOException {
    Path ca = Files.createFile(directory.resolve("ca.pem"));
    assertThat(
            page(
                """
                orders { url = "http://10.0.0.5:8080/api", health-check.path = /health }
                stock { url = "https://stock", ca-file = "%s" }
                """
                    .formatted(ca)))
        .isEqualTo(
            """
            {"targets":[\
            {"name":"orders","url":"http://10.0.0.5:8080/api","insecure":false,"health_path":"/health"},\
            {"name":"stock","url":"https://stock","ca_file":"%s","insecure":false}]}
            """
                .formatted(ca));
  }

  @Test
  void hidesAHealthCheckWithAQuery() {
    assertThat(page("orders { url = \"https://h\", health-check.path = \"/health?key=x\" }"))
        .isEqualTo(
            """
            {"targets":[{"name":"orders","url":"https://h","insecure":false}]}
            """);
  }

  private static String page(String targets) {
    String settings =
        "longcut { amqp.uris = \"amqp://u:p@localhost/v\", upstream-agent.targets { %s } }"
            .formatted(targets);
    return TargetsPage.of(Sources.parse(settings, UpstreamAgentConfig::read).targets()).body();
  }
}
