package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.config.InvalidConfigException;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.otlp.OtlpSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AmqpConfigTest {

  @TempDir private Path directory;

  @Test
  void aSingleUriIsParsed() {
    AmqpConfig config = uri("amqp://orders_1:p%40ss+w%2Ford@rabbit:5673/long%2Fcut");
    assertThat(config.addresses()).containsExactly(new Address("rabbit", 5673));
    assertThat(config.user()).isEqualTo("orders_1");
    assertThat(config.login().currentPassword()).hasValue(new Secret("p@ss+w/ord"));
    assertThat(config.virtualHost()).isEqualTo("long/cut");
    assertThat(config.tls()).isEmpty();
    assertThat(config.toString()).doesNotContain("p@ss");
  }

  @Test
  void defaultsMatchTheProtocol() {
    AmqpConfig config = uri("amqp://u:p@h/v");
    assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.reconnectBackoffMax()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.unconfirmedWindow()).isEqualTo(1L << 20);
  }

  @Test
  void severalUrisMustHaveTheSameLogin() {
    AmqpConfig config = uri("amqps://u:p@h1/v, amqps://u:p@[::1]:5/v");
    assertThat(config.addresses())
        .containsExactly(new Address("h1", 5671), new Address("::1", 5))
        .extracting(Address::toString)
        .containsExactly("h1:5671", "[::1]:5");
    assertThat(config.tls()).hasValue(new AmqpConfig.Tls(none(), none(), none(), false));
    assertThatThrownBy(() -> uri("amqp://u:secret@h/v,amqp://u:other@h/v"))
        .hasMessage(
            "longcut.amqp.uris: expected the same scheme, user, password and vhost in each address"
                + " (text: 1)");
  }

  @Test
  void percentEncodedCharactersAreDecoded() {
    String uri = "amqp://us%65r_1:%40%2F%23%2C%25%3F%3A%20+%C3%A9@h/v%2F%40%25";
    for (String uris : List.of(uri, uri + "," + uri)) {
      AmqpConfig config = uri(uris);
      assertThat(config.user()).isEqualTo("user_1");
      assertThat(config.login().currentPassword()).hasValue(new Secret("@/#,%?: +\u00e9"));
      assertThat(config.virtualHost()).isEqualTo("v/@%");
    }
    assertThat(parse("uris = [\"" + uri + "\", \"" + uri + "\"]").addresses()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "amqp://u:sec@ret@h/v, @, %40",
    "amqp://u:sec@ret@h_1/v, @, %40",
    "amqp://u:sec/ret@h/v, /, %2F",
    "amqp://u:12/ret@h/v, /, %2F",
    "amqp://u:sec#ret@h/v, #, %23",
    "amqp://u:12#ret@h/v, #, %23",
    "amqp://u:sec?ret@h/v, ?, %3F",
    "'amqp://u:sec,ret@h/v', ',', %2C",
    "'amqp://u:12,ret@h/v', ',', %2C",
    "'amqp://u:,ret@h/v', ',', %2C",
    "amqp://u:sec%ret@h/v, %, %25",
    "amqp://u:secret%@h/v, %, %25",
    "amqp://u@v:secret@h/v, @, %40",
  })
  void theErrorForAnUnencodedCharacterShowsItsEncoding(
      String uri, String character, String encoded) {
    for (String uris : List.of(uri, uri + ",amqp://u:p@h/v")) {
      assertThatThrownBy(() -> uri(uris))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessage(
              "longcut.amqp.uris: address 1: expected amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST,"
                  + " found '%s' in the user or password; write it as %s (text: 1)",
              character, encoded);
    }
  }

  @Test
  void aHostMayHaveAnUnderscore() {
    AmqpConfig config = uri("amqp://u:p%40@shop_rabbitmq_1:5673/v,amqp://u:p%40@_r/v");
    assertThat(config.addresses())
        .containsExactly(new Address("shop_rabbitmq_1", 5673), new Address("_r", 5672));
    assertThat(config.login().currentPassword()).hasValue(new Secret("p@"));
  }

  @Test
  void aTlsHostNameWithAnUnderscoreIsRefused() {
    assertThatThrownBy(() -> uri("amqps://u:secret@rabbit_1/v"))
        .hasMessage(
            "longcut.amqp.uris: Java cannot verify a certificate for a host name with an"
                + " underscore: give rabbit_1 another name, such as a network alias (text: 1)");
    assertThat(parse("tls.insecure = true\nuris = \"amqps://u:p@rabbit_1/v\"").addresses())
        .containsExactly(new Address("rabbit_1", 5671));
  }

  @ParameterizedTest
  @CsvSource({
    "http://u:secret@h/v, found no scheme amqp or amqps",
    "amqp:u, found no host",
    "amqp://h/v, found no user",
    "amqp://:secret@h/v, found no user",
    "amqp://u:secret@h, found no vhost; that of rabbitmq/definitions.json is /longcut",
    "amqp://u:secret@h/, found no vhost; that of rabbitmq/definitions.json is /longcut",
    "amqp://u:secret@h/v/w, found more than one /; write a / in the vhost as %2F",
    "amqp://u:secret@h/v?heartbeat=5, found a ? or #",
    "amqp://u:secret@h:99999/v, found a port that is not 1 to 65535",
    "amqp://u:sec^ret@h/v, found a character that must be written as %XX",
  })
  void theErrorForAMalformedUriHidesThePassword(String uri, String found) {
    assertThatThrownBy(() -> uri("amqp://u:secret@h/v," + uri))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "longcut.amqp.uris: address 2: expected amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST, "
                + found
                + " (text: 1)");
  }

  @Test
  void onlyAToolMayLogInAsAUserWithoutAName() {
    String uri = "uris = \"amqp://a.b:secret@h/v\"";
    assertThatThrownBy(() -> parse(uri))
        .hasMessage(
            "longcut.amqp.uris: expected amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST, found a user"
                + " that is not 1 to 64 of A-Z a-z 0-9 _ - (text: 1)");
    assertThat(parse(uri, AmqpConfig::readForTool).user()).isEqualTo("a.b");
  }

  @Test
  void aToolMayUseADemosPassword() {
    String uri = "uris = \"amqp://admin:admin@h/v\"";
    assertThatThrownBy(() -> parse(uri)).hasMessageContaining("demo-passwords");
    assertThat(parse(uri, AmqpConfig::readForTool).user()).isEqualTo("admin");
  }

  @Test
  void theErrorForAMissingUriNamesOptionAndVariable() {
    assertThatThrownBy(() -> parse(""))
        .hasMessageStartingWith(
            "longcut.amqp.uris: expected at least one address"
                + " amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST; set --amqp or LONGCUT_AMQP_URI (");
  }

  @Test
  void thePasswordIsInTheUriOrInAFileButNotInBoth() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "from-file\n");
    String setting = "password-file = \"%s\"\n".formatted(file);
    assertThat(parse(setting + "uris = [\"amqp://u@h/v\"]").login().currentPassword())
        .hasValue(new Secret("from-file"));
    assertThatThrownBy(() -> parse(setting + "uris = [\"amqp://u:secret@h/v\"]"))
        .hasMessage(
            "longcut.amqp.uris: found a password in the address, but longcut.amqp.password-file is"
                + " set, too: remove one of the two; only the file can be changed without a restart"
                + " (text: 2)");
    assertThatThrownBy(() -> parse("uris = [\"amqp://u@h/v\"]"))
        .hasMessage(
            "longcut.amqp.uris: found no password: write it into a file, and name the file with"
                + " longcut.amqp.password-file (LONGCUT_AMQP_PASSWORD_FILE,"
                + " --amqp-password-file), or use the form"
                + " amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST (text: 1)");
  }

  @Test
  void aPasswordFileIsReadAgainForEachLogin() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "old");
    AmqpLogin login =
        parse("password-file = \"%s\"\nuris = \"amqp://u@h/v\"".formatted(file)).login();
    Files.writeString(file, "new");
    assertThat(login.currentPassword()).hasValue(new Secret("new"));
    Files.delete(file);
    assertThat(login.currentPassword()).isEmpty();
  }

  @Test
  void theErrorForAPasswordFileNamesItAndTheRemedy() {
    Path missing = directory.resolve("missing");
    assertThatThrownBy(
            () -> parse("uris = \"amqp://u@h/v\"\npassword-file = \"%s\"".formatted(missing)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "longcut.amqp.password-file: the password file %s does not exist; create the file, or"
                + " correct its path (text: 2)",
            missing);
  }

  @Test
  void theHeartbeatMustBeWholeSeconds() {
    assertThatThrownBy(() -> parse("heartbeat = 1500ms\nuris = \"amqp://u:p@h/v\""))
        .hasMessage(
            "longcut.amqp.heartbeat: expected whole seconds, AMQP's unit for heartbeats (text: 1)");
  }

  @Test
  void certFileAndKeyFileNeedEachOtherAndInsecureForbidsCaFile() throws IOException {
    Path file = Files.createFile(directory.resolve("it.pem"));
    String uri = "uris = \"amqps://u:p@h/v\"\n";
    assertThatThrownBy(() -> parse(uri + "tls.cert-file = \"" + file + '"'))
        .hasMessage("longcut.amqp.tls.cert-file: expected key-file to be set, too (text: 2)");
    assertThatThrownBy(() -> parse(uri + "tls.key-file = \"" + file + '"'))
        .hasMessage("longcut.amqp.tls.key-file: expected cert-file to be set, too (text: 2)");
    assertThatThrownBy(() -> parse(uri + "tls { insecure = true, ca-file = \"" + file + "\" }"))
        .hasMessage("longcut.amqp.tls.insecure: expected false if ca-file is set (text: 2)");
  }

  private static Optional<Path> none() {
    return Optional.empty();
  }

  private static AmqpConfig uri(String uris) {
    return parse("uris = \"" + uris + '"');
  }

  private static AmqpConfig parse(String text) {
    return parse(text, AmqpConfig::read);
  }

  private static AmqpConfig parse(String text, Function<Settings, AmqpConfig> reader) {
    return Sources.parse(
        "longcut.amqp { plain-text = allowed, " + text + "\n}",
        longcut -> {
          longcut.name("id");
          OtlpSettings.read(longcut.section("otlp"));
          return reader.apply(longcut.section("amqp"));
        });
  }
}
