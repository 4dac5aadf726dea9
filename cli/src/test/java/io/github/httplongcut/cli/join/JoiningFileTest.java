package io.github.httplongcut.cli.join;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JoiningFileTest {

  private static final String VALID =
      """
      {"longcut_grant": 1, "role": "client-agent", "user": "acme", "password": "s3cret-s3cret",
       "vhost": "longcut", "addresses": ["amqps://rabbit-1.example:5671"], "targets": ["orders"]}
      """;

  @TempDir private Path directory;

  @Test
  void fileIsReadAsItWasWritten() {
    JoiningFile file =
        new JoiningFile(
            Role.UPSTREAM_AGENT,
            "plant",
            new Secret("s3cret"),
            "/a b",
            List.of(
                RabbitMqAddress.parse("amqps://rabbit-1.example", "x"),
                RabbitMqAddress.parse("amqps://[::1]:5672", "x")),
            List.of("orders", "billing"),
            Optional.empty());

    assertThat(JoiningFileReader.parse(file.text().getBytes(UTF_8))).isEqualTo(file);
  }

  @Test
  void validFileIsRead() {
    JoiningFile file = parse(VALID);

    assertThat(file.user()).isEqualTo("acme");
    assertThat(file.password().value()).isEqualTo("s3cret-s3cret");
    assertThat(file.addresses()).hasToString("[amqps://rabbit-1.example:5671]");
    assertThat(file.toString()).doesNotContain("s3cret");
  }

  /** The file may come from anybody: it is data, and no settings. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "1",
        "{}",
        "include \"/etc/passwd\"",
        "longcut_grant = 1\nrole = client-agent",
        "{\"longcut_grant\": 2}",
        "{\"longcut_grant\": \"1\"}"
      })
  void otherTextIsRefused(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(CommandFailedException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"role\": \"client-agent\"' | '\"role\": \"admin\"' | role",
        "'\"user\": \"acme\"' | '\"user\": \"../../etc/x\"' | user",
        "'\"user\": \"acme\"' | '\"user\": \"acme@evil.example\"' | user",
        "'\"user\": \"acme\"' | '\"user\": 1' | user",
        "'\"user\": \"acme\",' | '\"user\": \"acme\", \"user\": \"b\",' | JSON",
        "'\"vhost\": \"longcut\"' | '\"vhost\": \"a\\nb\"' | vhost",
        "'\"vhost\": \"longcut\"' | '\"vhost\": \"longcut\", \"include\": \"x\"' | unknown field",
        "'\"password\": \"s3cret-s3cret\"' | '\"password\": \"s3cret\\nx = 1\"' | password",
        "'amqps://rabbit-1' | 'amqps://u:p@rabbit-1' | addresses",
        "'amqps://rabbit-1' | 'http://rabbit-1' | addresses",
        "'rabbit-1.example:5671' | 'rabbit-1.example:5671/other' | addresses",
        "'[\"amqps://rabbit-1.example:5671\"]' | '[]' | addresses",
        "'[\"amqps://rabbit-1.example:5671\"]' | '[\"amqps://a\", \"amqp://b\"]' | addresses",
        "'[\"orders\"]' | '[]' | targets",
        "'[\"orders\"]' | '[\"a.b\"]' | targets",
        "'[\"orders\"]' | '[\"${HOME}\"]' | targets",
        "'[\"orders\"]' | '[[[\"orders\"]]]' | JSON",
        "'[\"orders\"]' | '[\"orders\"], \"ca\": \"-----BEGIN PRIVATE KEY-----\"' | ca"
      })
  void errorNamesAnInvalidPartAndShowsNoPassword(String part, String other, String named) {
    String text = VALID.replace(part, other);
    assertThat(text).isNotEqualTo(VALID);

    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining(named)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void textAfterTheObjectIsRefused() {
    assertThatThrownBy(() -> parse(VALID + "{}")).hasMessageContaining("JSON");
  }

  @Test
  void errorNamesTheFileAndTheRemedy() throws Exception {
    Path file = Files.writeString(directory.resolve("acme.longcut"), "{");

    assertThatThrownBy(() -> JoiningFileReader.read(file))
        .hasMessageContainingAll("acme.longcut", "ask RabbitMQ's operator");
    assertThatThrownBy(() -> JoiningFileReader.read(directory.resolve("none")))
        .hasMessageContaining("no such file");
    assertThat(JoiningFileReader.find(directory.resolve("none"))).isEmpty();
  }

  @Test
  void tooLongFileIsRefused() throws Exception {
    Path file = Files.writeString(directory.resolve("acme.longcut"), VALID + " ".repeat(300 << 10));

    assertThatThrownBy(() -> JoiningFileReader.read(file)).hasMessageContaining("256 KiB");
  }

  @Test
  void hostileCertificatesTakeNoLongTime() {
    String ca = "-----BEGIN CERTIFICATE-----" + "\\n".repeat(100_000);
    String text = VALID.replace("[\"orders\"]", "[\"orders\"], \"ca\": \"" + ca + "\"");

    Assertions.assertTimeout(
        Duration.ofSeconds(5),
        () -> assertThatThrownBy(() -> parse(text)).hasMessageContaining("ca: expected"));
  }

  @Test
  void commentsBetweenCertificatesAreOmitted() {
    String pem = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----";

    assertThat(JoiningFile.certificatesIn("subject=CN\n" + pem + "\nissuer=CN\n" + pem + "\n"))
        .isEqualTo(pem + "\n" + pem + "\n");
  }

  private static JoiningFile parse(String text) {
    return JoiningFileReader.parse(text.getBytes(UTF_8));
  }
}
