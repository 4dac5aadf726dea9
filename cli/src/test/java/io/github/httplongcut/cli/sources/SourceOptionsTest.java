package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpLogin;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.output.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** Tests the options that name RabbitMQ and the processes. */
class SourceOptionsTest {

  @TempDir private Path directory;

  private static final class Tool {
    @Mixin private final SourceOptions sources;

    private Tool(Map<String, String> environment) {
      sources = new SourceOptions(environment, Duration.ofSeconds(20));
    }
  }

  @Test
  void errorOfAMissingSourceNamesTheOptionTheVariableAndTheDemo() {
    assertThatThrownBy(() -> sources().requiredManagement())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll(
            "--management", "LONGCUT_MANAGEMENT_URL", "source .longcut/demo/env");
  }

  @ParameterizedTest
  @CsvSource({
    "amqp://u:p@no_such_host.invalid/v, 'no_such_host.invalid:5672, vhost v'",
    "amqp://o.p:%40%2F%23%2C%25+@no_such_host.invalid:7/v%2Fw, 'no_such_host.invalid:7, vhost v/w'",
    "amqps://u:p@no-such-host.invalid/v, 'no-such-host.invalid:5671, vhost v'"
  })
  void theHostOfTheUriIsUsed(String uri, String place) {
    assertThatThrownBy(() -> sources("--amqp", uri).requiredAmqp().connect("test"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageStartingWith("cannot connect to RabbitMQ at " + place + ": unknown host");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "amqp://u:sec@ret@h/v",
        "amqp://u:sec@ret@h_1/v",
        "amqp://u:sec/ret@h/v",
        "amqp://u:12/ret@h/v",
        "amqp://u:sec#ret@h/v",
        "amqp://u:12#ret@h/v",
        "amqp://u:12?ret@h/v",
        "amqp://u:sec%ret@h/v",
        "http://u:secret@h"
      })
  void errorDoesNotShowAnInvalidUri(String uri) {
    assertThatThrownBy(() -> sources("--amqp", uri).requiredAmqp())
        .isInstanceOfSatisfying(
            CommandFailedException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageContainingAll("--amqp", "expected amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST")
        .message()
        .doesNotContain("sec", "ret@");
  }

  @Test
  void theTokenOfTheOptionIsSentToAllPages() throws IOException {
    Path option = token("option", "token-of-the-option");
    Path variable = token("variable", "token-of-the-variable");
    Map<String, String> environment = Map.of("LONGCUT_ADMIN_TOKEN_FILE", variable.toString());
    try (StubServer process = new StubServer().answer("/api/status", 200, "{}")) {
      sources(environment, "--broker", process.url()).brokers().get(0).json("/api/status");
      sources(environment, "--broker", process.url(), "--admin-token-file", option.toString())
          .brokers()
          .get(0)
          .json("/api/status");
      sources("--broker", process.url()).brokers().get(0).json("/api/status");

      assertThat(process.requests())
          .containsExactly(
              "GET /api/status Bearer token-of-the-variable ",
              "GET /api/status Bearer token-of-the-option ",
              "GET /api/status null ");
    }
  }

  @Test
  void theTokenOfTheSettingsIsSentToTheirOwnPagesOnly() throws IOException {
    Path file = directory.resolve("relay.conf");
    try (StubServer own = new StubServer().answer("/api/status", 200, "{}");
        StubServer other = new StubServer().answer("/api/status", 200, "{}")) {
      Files.writeString(
          file,
          """
          longcut {
            amqp.uris = "amqp://u:p@h/v"
            broker.admin { port = %d, token-file = "%s" }
          }
          """
              .formatted(own.port(), token("own", "token-of-the-settings")));

      sources("--config", file.toString()).brokers().get(0).json("/api/status");
      sources("--config", file.toString(), "--broker", other.url())
          .brokers()
          .get(0)
          .json("/api/status");

      assertThat(own.requests()).containsExactly("GET /api/status Bearer token-of-the-settings ");
      assertThat(other.requests()).containsExactly("GET /api/status null ");
    }
  }

  @Test
  void anInvalidTokenFileIsAnErrorThatDoesNotShowIt() throws IOException {
    Path file = token("short", "short-token");

    assertThatThrownBy(
            () -> sources("--broker=http://h:1", "--admin-token-file", file.toString()).brokers())
        .isInstanceOfSatisfying(
            CommandFailedException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageStartingWith("--admin-token-file (LONGCUT_ADMIN_TOKEN_FILE): cannot be used: ")
        .hasMessageContaining("holds no token")
        .hasMessageNotContaining("short-token");
  }

  private Path token(String name, String token) throws IOException {
    return Files.writeString(directory.resolve(name), token + '\n');
  }

  @Test
  void anOptionTakesPrecedenceOverItsVariable() {
    Map<String, String> environment =
        Map.of(
            "LONGCUT_AMQP_URI", "amqp://u:p@variable/v",
            "LONGCUT_MANAGEMENT_URL", "http://u:p@variable:1",
            "LONGCUT_BROKER_ADMIN_URL", "http://variable:1, http://variable:2");

    SourceOptions byVariable = sources(environment);
    assertThat(byVariable.requiredAmqp().address()).isEqualTo("variable:5672, vhost v");
    assertThat(byVariable.requiredManagement().address()).isEqualTo("http://variable:1");
    assertThat(byVariable.brokers())
        .extracting(AdminClient::address)
        .containsExactly("http://variable:1", "http://variable:2");

    SourceOptions byOption =
        sources(
            environment,
            "--amqp=amqp://u:p@a/v,amqp://u:p@b/v",
            "--management=https://u:p@option",
            "--broker=http://option:1",
            "--broker=http://option:2");
    assertThat(byOption.requiredAmqp().address()).isEqualTo("a:5672, b:5672, vhost v");
    assertThat(byOption.requiredManagement().address()).isEqualTo("https://option");
    assertThat(byOption.brokers())
        .extracting(AdminClient::address)
        .containsExactly("http://option:1", "http://option:2");
  }

  @Test
  void withoutAnythingThereIsNoSource() {
    SourceOptions sources =
        sources(Map.of("LONGCUT_AMQP_URI", "", "LONGCUT_BROKER_ADMIN_URL", " "));

    assertThat(sources.amqp()).isEmpty();
    assertThat(sources.management()).isEmpty();
    assertThat(sources.brokers()).isEmpty();
    assertThat(sources.processes()).isEmpty();
    assertThatThrownBy(sources::requiredManagement)
        .isInstanceOfSatisfying(
            CommandFailedException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageContainingAll("--management", "LONGCUT_MANAGEMENT_URL", "demo");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"127.0.0.1:8002", "ftp://h:1", "http://h:1/api/status", "http://u:secret@h:1", ""})
  void invalidAddressOfABrokerIsRefused(String url) {
    assertThatThrownBy(() -> sources("--broker", url).brokers())
        .isInstanceOf(CommandFailedException.class)
        .hasMessage("--broker: expected the address of admin pages, http://host:port");
  }

  @Test
  void aFileMayHoldSeveralRoles() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("relay.conf"),
            """
            longcut {
              id = shop-1
              amqp.uris = "amqps://acme:secret@file/shop"
              amqp.tls.insecure = true
              broker { admin { host = "0.0.0.0", port = 9002 }, max-in-flight = 7 }
              client-agent { upstream-target = orders }
              upstream-agent.admin.port = 0
            }
            """);

    SourceOptions sources = sources("--config", file.toString());

    assertThat(sources.requiredAmqp().address()).isEqualTo("file:5671, vhost shop");
    assertThat(sources.requiredAmqp().config().tls()).get().returns(true, AmqpConfig.Tls::insecure);
    assertThat(sources.brokers())
        .extracting(AdminClient::address)
        .containsExactly("http://127.0.0.1:9002");
    assertThat(sources.processes())
        .extracting(AdminClient::address)
        .containsExactly("http://127.0.0.1:9002", "http://127.0.0.1:8001");
    assertThat(
            sources(
                    Map.of("LONGCUT_AMQP_URI", "amqp://u:p@variable/v"),
                    "--config",
                    file.toString())
                .requiredAmqp()
                .address())
        .isEqualTo("variable:5672, vhost v");
  }

  @Test
  void passwordMayBeInAFile() throws IOException {
    Path password = Files.writeString(directory.resolve("password"), "secret\n");
    Map<String, String> environment =
        Map.of(
            "LONGCUT_AMQP_URI", "amqp://u@h/v", "LONGCUT_AMQP_PASSWORD_FILE", password.toString());

    assertThat(password(environment)).isEqualTo("secret");
    assertThat(password(environment, "--amqp", "amqp://u:other@h/v")).isEqualTo("other");
    assertThat(password(environment, "--amqp", "amqp://u@other/v")).isEqualTo("secret");
    Path other = Files.writeString(directory.resolve("other"), "from-option\n");
    assertThat(password(environment, "--amqp-password-file", other.toString()))
        .isEqualTo("from-option");
  }

  private static String password(Map<String, String> environment, String... arguments) {
    AmqpLogin login = sources(environment, arguments).requiredAmqp().config().login();
    return login.currentPassword().orElseThrow().value();
  }

  @Test
  void errorsInTheFileNameTheSetting() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("relay.conf"),
            """
            longcut.amqp { uris = "amqp://acme:secret@file/shop", hartbeat = 1s }
            longcut.broker.admin.prot = 1
            """);

    assertThatThrownBy(() -> sources("--config", file.toString()).amqp())
        .isInstanceOfSatisfying(
            CommandFailedException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageContainingAll(
            "longcut.amqp.hartbeat: unknown key", "longcut.broker.admin.prot: unknown key")
        .hasMessageNotContaining("secret");
  }

  @Test
  void processesOfTheDemoAreThoseOfItsVariables() {
    Map<String, String> demo =
        Map.of(
            "LONGCUT_BROKER_ADMIN_URL", "http://127.0.0.1:2",
            "LONGCUT_ADMIN_URLS", "http://127.0.0.1:1,http://127.0.0.1:2");

    assertThat(sources(demo).processes())
        .extracting(AdminClient::address)
        .containsExactly("http://127.0.0.1:2", "http://127.0.0.1:1");
    assertThat(sources(demo, "--broker=http://other:1").processes())
        .extracting(AdminClient::address)
        .containsExactly("http://other:1");
  }

  @ParameterizedTest
  @CsvSource({
    "http://ops:secret@10.0.0.1:15672, true",
    "http://ops:secret@rabbitmq:15672/x, true",
    "http://ops:secret@127.0.0.1:15672, false",
    "http://ops:secret@[::1]:15672, false",
    "https://ops:secret@10.0.0.1:15671, false"
  })
  void managementLoginWithoutEncryptionIsWarnedOf(String url, boolean warned) {
    StringWriter err = new StringWriter();
    Tool tool = new Tool(Map.of());
    CommandLine commandLine = new CommandLine(tool).setErr(new PrintWriter(err, true));
    commandLine.parseArgs("--management", url);

    tool.sources.requiredManagement("longcut");

    assertThat(err.toString().contains("warning: http://")).isEqualTo(warned);
    assertThat(err.toString().contains("use https://")).isEqualTo(warned);
    assertThat(err.toString()).doesNotContain("secret");
  }

  @Test
  void addressThatTheProcessRefusesIsKnownFromTheSettings() throws IOException {
    String other = "longcut.amqp.uris = [\"amqp://u:p@127.0.0.1/v\", \"amqp://u:p@mq-2/v\"]\n";

    assertThat(settings(other).refusedInPlainText()).hasToString("Optional[mq-2:5672]");
    assertThat(settings(other + "longcut.amqp.plain-text = allowed").refusedInPlainText())
        .isEmpty();
    assertThat(settings("longcut.amqp.uris = \"amqps://u:p@mq-2/v\"").refusedInPlainText())
        .isEmpty();
    assertThat(settings("longcut.amqp.uris = \"amqp://u:p@[::1]/v\"").refusedInPlainText())
        .isEmpty();
  }

  private RelaySettings settings(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("relay.conf"), text);
    return SourceOptions.ofFile(file, Duration.ofSeconds(20)).settings().orElseThrow();
  }

  private static SourceOptions sources(String... arguments) {
    return sources(Map.of(), arguments);
  }

  private static SourceOptions sources(Map<String, String> environment, String... arguments) {
    Tool tool = new Tool(environment);
    new CommandLine(tool).parseArgs(arguments);
    return tool.sources;
  }
}
