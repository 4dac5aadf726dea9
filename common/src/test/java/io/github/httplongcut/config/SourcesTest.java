package io.github.httplongcut.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SourcesTest {

  private final Layer flags = new Layer();
  private final Properties properties = new Properties();
  private final Layer environment = new Layer();

  @TempDir private Path directory;

  @Test
  void precedenceIsFlagsPropertiesEnvironmentFileDefaults() throws IOException {
    Path file = write("longcut { id = file, amqp.heartbeat = 1s }");
    assertThat(combine(file).getString("longcut.amqp.connection-timeout")).isEqualTo("5s");
    assertThat(combine(file).getString("longcut.amqp.heartbeat")).isEqualTo("1s");
    assertThat(id(file)).isEqualTo("file");
    environment.put("longcut.id", "environment", "LONGCUT_ID");
    assertThat(id(file)).isEqualTo("environment");
    properties.setProperty("longcut.id", "property");
    assertThat(id(file)).isEqualTo("property");
    flags.put("longcut.id", "flag", "--id");
    assertThat(id(file)).isEqualTo("flag");
  }

  @Test
  void theDefaultIdIsTheHostName() {
    assertThat(
            Sources.combine(flags, properties, environment, Optional.empty())
                .getString("longcut.id"))
        .matches("[A-Za-z0-9_-]{1,64}");
    assertThat(Sources.toName("shop.example")).isEqualTo("shop-example");
    assertThat(Sources.toName("x".repeat(70))).hasSize(64);
  }

  @Test
  void aBlankVariableSetsNothing() throws IOException {
    environment.put("longcut.id", " ", "LONGCUT_ID");
    assertThat(id(write("longcut.id = file"))).isEqualTo("file");
  }

  @Test
  void propertiesOfTheTestsAreNotSettings() {
    properties.setProperty("longcut.test.rabbitmq", "testcontainers");
    properties.setProperty("longcut.root", "..");
    properties.setProperty("java.version", "17");
    Config config = Sources.combine(flags, properties, environment, Optional.empty());
    assertThat(config.root().keySet()).containsExactly("longcut");
    assertThat(config.getConfig("longcut").root()).doesNotContainKeys("test", "root");
  }

  @Test
  void errorNamesTheFileAndTheLine() throws IOException {
    Path file = write("longcut {\n  broker {\n    n = x\n  }\n}\n");
    assertThatThrownBy(
            () -> Settings.read(combine(file), s -> BrokerSection.read(s, b -> b.count("n"))))
        .hasMessage(
            "longcut.broker.n: expected a whole number of at least 1, found \"x\" (%s:3)"
                .formatted(file));
  }

  @Test
  void errorNamesTheFlag() {
    flags.put("longcut.broker.n", "x", "--n");
    Config config = Sources.combine(flags, properties, environment, Optional.empty());
    assertThatThrownBy(() -> Settings.read(config, s -> BrokerSection.read(s, b -> b.count("n"))))
        .hasMessageEndingWith("found \"x\" (--n)");
  }

  @Test
  void errorNamesAFileThatIsMissingOrCannotBeParsed() throws IOException {
    Path missing = directory.resolve("missing.conf");
    assertThatThrownBy(() -> combine(missing))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(missing + ": cannot read this config file");
    Path broken = write("longcut {\n");
    assertThatThrownBy(() -> combine(broken))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(broken.toString());
  }

  @Test
  void errorNamesASubstitutionThatCannotBeResolved() throws IOException {
    Path file = write("longcut.id = ${NO_SUCH_VARIABLE_ANYWHERE}");
    assertThatThrownBy(() -> combine(file))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("NO_SUCH_VARIABLE_ANYWHERE");
  }

  @Test
  void errorNamesAPropertyWithAMalformedPath() {
    properties.setProperty("longcut..id", "x");
    assertThatThrownBy(() -> Sources.combine(flags, properties, environment, Optional.empty()))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("longcut..id: malformed path of a setting (-Dlongcut..id)");
  }

  @Test
  void namedPairsAddToSections() {
    flags.putNamed("longcut.upstream-agent.targets", "orders=http://h/?a=b", "url", "--target");
    assertThat(flags.config().getString("longcut.upstream-agent.targets.orders.url"))
        .isEqualTo("http://h/?a=b");
    assertThatThrownBy(() -> flags.putNamed("longcut.x", "orders", "url", "--target"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "longcut.x: expected NAME=URL with a name of 1 to 64 of A-Z a-z 0-9 _ -,"
                + " found \"orders\" (--target)");
  }

  @Test
  void noErrorShowsALogin() throws IOException {
    for (String text :
        List.of(
            "longcut.amqp { \"amqp://u:secret@h/v\" }",
            "longcut.amqp { \"amqp://u:secret@h/v\" = 1 }",
            "\"amqp://u:secret@h/v\" = 1",
            "longcut.broker = \"amqp://u:secret@h/v\"",
            "longcut.broker.n = \"amqp://u:sec,ret/secret@h/v\"",
            "longcut.broker.n = \"amqp://u:secret\"")) {
      assertThatThrownBy(
              () ->
                  Settings.read(
                      combine(write(text)), s -> BrokerSection.read(s, b -> b.count("n"))))
          .as(text)
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("***")
          .message()
          .doesNotContain("secret", "sec,ret");
    }
    assertThatThrownBy(() -> flags.putNamed("longcut.x", "http://u:secret@h", "url", "--target"))
        .hasMessageContaining("found \"http://***@h\" (--target)");
  }

  @Test
  void passwordsAreHiddenInEachUri() {
    assertThat(Sources.hidePasswords("amqp://u:p@h1:5672/v,amqps://u:p%40q@h2/v http://h:80/@"))
        .isEqualTo("amqp://u:***@h1:5672/v,amqps://u:***@h2/v http://h:80/@");
  }

  @Test
  void headersOfOtlpExportsAreHidden() throws IOException {
    Path file =
        write(
            "longcut.otlp.headers { Authorization = \"Bearer secret1\", \"x.y\" = secret2, z = 3 }");

    String shown = Sources.render(combine(file), Role.BROKER);

    assertThat(shown)
        .contains("Authorization=\"***\"", "\"x.y\"=\"***\"", "z=\"***\"", "step=\"1m\"")
        .doesNotContain("secret");
  }

  @Test
  void queriesAreHidden() throws IOException {
    Path file =
        write(
            """
            longcut.otlp.url = "http://collector/v1/metrics?api-key=secret1"
            longcut.upstream-agent.targets = [
              {name = a, url = "http://h:1/?secret2", health-check.path = "/health?token=secret3"}
              {name = b, url = "http://h:2/why#not", health-check.path = "/is-it-well"}
            ]
            """);

    assertThat(Sources.render(combine(file), Role.UPSTREAM_AGENT))
        .contains(
            "url=\"http://collector/v1/metrics?***\"",
            "url=\"http://h:1/?***\"",
            "path=\"/health?***\"",
            "url=\"http://h:2/why#not\"",
            "path=\"/is-it-well\"")
        .doesNotContain("secret");
  }

  private String id(Path file) {
    return combine(file).getString("longcut.id");
  }

  private Config combine(Path file) {
    return Sources.combine(flags, properties, environment, Optional.of(file));
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("longcut.conf"), text);
  }
}
