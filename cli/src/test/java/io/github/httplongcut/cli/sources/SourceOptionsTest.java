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
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
    Map<String, String> environment = Map.of("LONGCUT_AMQP_PLAIN_TEXT", "allowed");
    assertThatThrownBy(() -> sources(environment, "--amqp", uri).requiredAmqp().connect("test"))
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
    String required =
        warnings(sources -> sources.requiredManagement("longcut"), "--management", url);
    String optional = warnings(SourceOptions::management, "--management", url);

    assertThat(required.contains("warning: http://")).isEqualTo(warned);
    assertThat(required.contains("use https://")).isEqualTo(warned);
    assertThat(required).doesNotContain("secret");
    assertThat(optional).isEqualTo(required);
  }

  @Test
  void tlsThatTrustsAnybodyIsWarnedOfOnce() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("relay.conf"),
            "longcut.amqp { uris = \"amqps://u:p@h/v\", tls.insecure = true }\n");
    String config = "--config=" + file;
    String warning = "longcut: warning: longcut.amqp.tls.insecure: anybody on the network path";

    assertThat(warnings(SourceOptionsTest::askTwice, config)).containsOnlyOnce(warning);
    assertThat(warnings(SourceOptions::management, config, "--management=https://u:p@h"))
        .containsOnlyOnce(warning);
    assertThat(warnings(SourceOptions::management, config, "--management=http://u:p@127.0.0.1"))
        .isEmpty();
  }

  private static void askTwice(SourceOptions sources) {
    sources.requiredAmqp();
    sources.amqp();
  }

  @Test
  void passwordsThatOthersCanReadAreWarnedOf() throws IOException {
    Path password = Files.writeString(directory.resolve("ops.password"), "secret\n");
    Path file =
        Files.writeString(
            directory.resolve("relay.conf"), "longcut.amqp.uris = \"amqps://u:secret@h/v\"\n");
    String[] option = {"--amqp=amqps://u@h/v", "--amqp-password-file=" + password};
    for (Path each : List.of(password, file)) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rw----r--"));
    }

    assertThat(warnings(SourceOptions::amqp, option))
        .contains("warning: longcut.amqp.password-file", "chmod 600 " + password)
        .doesNotContain("secret");
    assertThat(warnings(SourceOptions::amqp, "--config=" + file))
        .contains("warning: other users", "chmod 600 " + file)
        .doesNotContain("secret");

    for (Path each : List.of(password, file)) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rw-------"));
    }
    assertThat(warnings(SourceOptions::amqp, option)).isEmpty();
    assertThat(warnings(SourceOptions::amqp, "--config=" + file)).isEmpty();
  }

  /** The refusal itself is the message then. */
  @Test
  void plainTextIsWarnedOfOnlyIfItIsAllowed() {
    String uri = "--amqp=amqp://u:p@192.0.2.1/v";
    Map<String, String> allowed = Map.of("LONGCUT_AMQP_PLAIN_TEXT", "allowed");

    assertThat(warnings(allowed, SourceOptions::amqp, uri))
        .contains(
            "warning: longcut.amqp.plain-text: anybody on the network path to 192.0.2.1:5672");
    assertThat(warnings(SourceOptions::amqp, uri)).isEmpty();
  }

  /** Returns what a tool prints to standard error while it asks for a source. */
  private static String warnings(Consumer<SourceOptions> question, String... arguments) {
    return warnings(Map.of(), question, arguments);
  }

  private static String warnings(
      Map<String, String> environment, Consumer<SourceOptions> question, String... arguments) {
    StringWriter err = new StringWriter();
    Tool tool = new Tool(environment);
    CommandLine commandLine = new CommandLine(tool).setErr(new PrintWriter(err, true));
    commandLine.parseArgs(arguments);
    question.accept(tool.sources);
    return err.toString();
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

  /** As the process reads it. */
  @Test
  void plainTextIsAllowedInLowerCaseOnly() {
    String text = "longcut.amqp { uris = \"amqp://u:p@mq-2/v\", plain-text = Allowed }";

    assertThatThrownBy(() -> settings(text))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("longcut.amqp.plain-text");
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
