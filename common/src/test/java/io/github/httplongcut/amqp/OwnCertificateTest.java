package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.config.Settings;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.otlp.OtlpSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OwnCertificateTest {

  @TempDir private static Path directory;

  private static PemFiles acme;

  @BeforeAll
  static void makeCertificate() throws Exception {
    acme = PemFiles.selfSigned(directory, "CN=acme, O=Example", Duration.ofDays(10));
  }

  @Test
  void theCommonNameMustBeTheUser() {
    OwnCertificate certificate = new OwnCertificate(acme.certificate());
    assertThatCode(() -> certificate.requireUser("acme")).doesNotThrowAnyException();
    assertThatThrownBy(() -> certificate.requireUser("other"))
        .isInstanceOf(LoginException.class)
        .hasMessage(
            "the certificate %s has the common name acme, but the user in the address is other; use"
                + " the certificate of this user, or correct the address",
            acme.certificate());
  }

  @Test
  void theCertificateMustBeValidNow() {
    OwnCertificate certificate = new OwnCertificate(acme.certificate());
    Instant now = Instant.now();
    assertThatCode(() -> certificate.requireValid(now)).doesNotThrowAnyException();
    assertThatThrownBy(() -> certificate.requireValid(now.plus(Duration.ofDays(11))))
        .hasMessageContaining("the certificate " + acme.certificate() + " expired at ")
        .hasMessageEndingWith("; replace the file and its key with new ones");
    assertThatThrownBy(() -> certificate.requireValid(now.minus(Duration.ofDays(1))))
        .hasMessageEndingWith("; check the clock of this machine");
  }

  @Test
  void aFileWithoutACertificateIsRefused() throws Exception {
    Path empty = Files.writeString(directory.resolve("empty.pem"), "");
    assertThatThrownBy(() -> new OwnCertificate(empty).requireUser("acme"))
        .isInstanceOf(LoginException.class)
        .hasMessageContaining("the certificate " + empty + " cannot be read");
  }

  @Test
  void theSettingNeedsTlsAndACertificateOfTheUserAndNoPassword() {
    String tls =
        "tls { cert-file = \"%s\", key-file = \"%s\" }".formatted(acme.certificate(), acme.key());
    assertThat(parse("uris = \"amqps://acme@h/v\", " + tls).login())
        .isEqualTo(new AmqpLogin.ByCertificate(acme.certificate(), "acme"));
    assertThatThrownBy(() -> parse("uris = \"amqps://acme:secret@h/v\", " + tls))
        .hasMessageContaining("longcut.amqp.login: a login by certificate needs no password");
    assertThatThrownBy(() -> parse("uris = \"amqp://acme@localhost/v\", " + tls))
        .hasMessageContaining("longcut.amqp.login: a login by certificate needs amqps://");
    assertThatThrownBy(() -> parse("uris = \"amqps://acme@h/v\""))
        .hasMessageContaining("longcut.amqp.login: a login by certificate needs amqps://");
    assertThatThrownBy(() -> parse("uris = \"amqps://plant@h/v\", " + tls))
        .hasMessageContaining("has the common name acme, but the user in the address is plant");
  }

  private static AmqpConfig parse(String text) {
    Function<Settings, AmqpConfig> reader =
        longcut -> {
          longcut.name("id");
          OtlpSettings.read(longcut.section("otlp"));
          return AmqpConfig.read(longcut.section("amqp"));
        };
    return Sources.parse("longcut.amqp { login = certificate, " + text + " }", reader);
  }
}
