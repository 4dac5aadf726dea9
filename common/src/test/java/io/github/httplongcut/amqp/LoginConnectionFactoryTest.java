package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.config.Sources;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LoginConnectionFactoryTest {

  @TempDir private Path directory;

  @Test
  void replacedPasswordFileIsReadForTheNextConnection() throws Exception {
    Path file = Files.writeString(directory.resolve("acme.password"), "old\n");
    LoginConnectionFactory factory = new LoginConnectionFactory(settings(file));

    factory.createFrameHandlerFactory();
    assertThat(factory.getPassword()).isEqualTo("old");

    Files.writeString(file, "new\n");
    factory.createFrameHandlerFactory();
    assertThat(factory.getPassword()).isEqualTo("new");
  }

  @Test
  void emptyPasswordFileAllowsNoConnection() throws Exception {
    Path file = Files.writeString(directory.resolve("acme.password"), "old\n");
    LoginConnectionFactory factory = new LoginConnectionFactory(settings(file));

    Files.writeString(file, "");

    assertThatThrownBy(factory::createFrameHandlerFactory)
        .isInstanceOf(LoginException.class)
        .hasMessageContaining("is empty");
  }

  private static AmqpConfig settings(Path passwordFile) {
    return Sources.parse(
        "longcut.amqp { uris = \"amqp://acme@127.0.0.1/v\", password-file = \"%s\" }"
            .formatted(passwordFile),
        longcut -> {
          longcut.name("id");
          longcut.partOfSection("otlp");
          return AmqpConfig.read(longcut.section("amqp"));
        });
  }
}
