package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCertificateTest {

  private static final AmqpConfig.Tls USUAL =
      new AmqpConfig.Tls(Optional.empty(), Optional.empty(), Optional.empty(), false);
  private static final AmqpConfig.Tls INSECURE =
      new AmqpConfig.Tls(Optional.empty(), Optional.empty(), Optional.empty(), true);

  @TempDir private static Path directory;

  /** Valid for 365 days, of which two are over. */
  private static TestCertificate certificate;

  private final Instant now = Instant.now();

  @BeforeAll
  static void createCertificate() throws Exception {
    certificate = TestCertificate.valid(directory);
  }

  @Test
  void aValidCertificateHasNoFault() throws Exception {
    ServerCertificate seen = look(certificate, certificate.trusted(), now);
    assertThat(seen.fault()).isEmpty();
    assertThat(seen.detail()).startsWith("expires at 20");
  }

  @Test
  void anExpiredCertificateIsNamedAsSuch() throws Exception {
    ServerCertificate seen = look(certificate, certificate.trusted(), now.plus(days(364)));
    assertThat(seen.fault()).contains(CertificateFault.EXPIRED);
  }

  @Test
  void aRealClientRefusesAnExpiredCertificateToo() throws Exception {
    TestCertificate expired = TestCertificate.create(directory, "ip:127.0.0.1", "-400d", 365);
    assertThat(look(expired, expired.trusted(), now).fault()).contains(CertificateFault.EXPIRED);
  }

  @Test
  void aCertificateThatIsNotValidYetIsNamedAsSuch() throws Exception {
    ServerCertificate seen = look(certificate, certificate.trusted(), now.minus(days(3)));
    assertThat(seen.fault()).contains(CertificateFault.NOT_YET_VALID);
  }

  @Test
  void aCertificateThatExpiresSoonIsNamedAsSuch() throws Exception {
    ServerCertificate seen = look(certificate, certificate.trusted(), now.plus(days(352)));
    assertThat(seen.fault()).contains(CertificateFault.EXPIRES_SOON);
    assertThat(seen.detail()).startsWith("it expires in 10 days, at");
  }

  @Test
  void anUnknownCaIsNamed() throws Exception {
    ServerCertificate seen = look(certificate, USUAL, now);
    assertThat(seen.fault()).contains(CertificateFault.UNKNOWN_CA);
    assertThat(seen.detail()).isEqualTo("issued by CN=test");
  }

  @Test
  void anotherHostIsNamed() throws Exception {
    TestCertificate other = TestCertificate.create(directory, "dns:mq.example", "-2d", 365);
    ServerCertificate seen = look(other, other.trusted(), now);
    assertThat(seen.fault()).contains(CertificateFault.WRONG_HOST);
    assertThat(seen.detail()).isEqualTo("it is for mq.example");
  }

  @Test
  void insecureSettingsJudgeTheDatesOnly() throws Exception {
    assertThat(look(certificate, INSECURE, now).fault()).isEmpty();
    assertThat(look(certificate, INSECURE, now.plus(days(364))).fault())
        .contains(CertificateFault.EXPIRED);
  }

  @Test
  void aServerWithoutTlsIsNamedAsSuch() throws Exception {
    try (OneLineServer server = new OneLineServer(Optional.empty(), "AMQP\0\0\t\1")) {
      assertThat(ServerCertificate.of("127.0.0.1", server.port(), USUAL, now).fault())
          .contains(CertificateFault.NO_TLS);
    }
  }

  @Test
  void aServerThatHangsUpIsNoCertificateFault() throws Exception {
    try (OneLineServer server = new OneLineServer(Optional.empty(), "")) {
      assertThat(ServerCertificate.of("127.0.0.1", server.port(), USUAL, now).fault())
          .contains(CertificateFault.HANDSHAKE_FAILED);
    }
  }

  private static ServerCertificate look(TestCertificate served, AmqpConfig.Tls tls, Instant at)
      throws Exception {
    try (OneLineServer server = new OneLineServer(Optional.of(served.context()), "")) {
      return ServerCertificate.of("127.0.0.1", server.port(), tls, at);
    }
  }

  private static Duration days(int days) {
    return Duration.ofDays(days);
  }
}
