package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsChecksTest {

  @TempDir private static Path directory;

  /** Valid for 365 days, of which two are over. */
  private static TestCertificate certificate;

  private final DoctorFixture fixture = new DoctorFixture();

  @BeforeAll
  static void createCertificate() throws Exception {
    certificate = TestCertificate.valid(directory);
  }

  @Test
  void withoutTlsThereIsNothingToCheck() {
    fixture.assertOk(Finding.TLS_RABBITMQ, "without TLS");
    fixture.assertOk(Finding.TLS_EXPIRY, "without TLS");
    fixture.assertOk(Finding.TLS_INSECURE, "no connection over a public network");
  }

  @Test
  void aValidCertificateIsWell() throws Exception {
    try (OneLineServer rabbitMq = rabbitMq(certificate.trusted())) {
      fixture.assertOk(Finding.TLS_RABBITMQ, rabbitMq.address() + " succeeds");
      fixture.assertOk(Finding.TLS_EXPIRY, rabbitMq.address() + " expires at ");
      fixture.assertOk(Finding.RABBITMQ_LOGIN, "user admin logs in");
    }
  }

  @Test
  void anUnknownCaFails() throws Exception {
    try (OneLineServer rabbitMq = rabbitMq(tls(Optional.empty(), Optional.empty(), false))) {
      CheckResult result =
          fixture.assertFails(Finding.TLS_RABBITMQ, "its certificate is signed by an unknown CA");
      assertThat(result.seen()).startsWith(rabbitMq.address().toString());
      assertThat(result.remedy()).isEqualTo(CertificateFault.UNKNOWN_CA.remedy());
      fixture.assertSkipped(Finding.RABBITMQ_LOGIN, "tls.rabbitmq failed");
    }
  }

  /** The process connects to another node then: it verifies each certificate itself. */
  @Test
  void anUnknownCaOfOneNodeHindersNoStart() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("other"));
    TestCertificate unknown = TestCertificate.valid(folder);
    try (OneLineServer good = rabbitMq(certificate.trusted());
        OneLineServer bad = new OneLineServer(Optional.of(unknown.context()), "\1")) {
      fixture.withoutManagement().withoutBroker().amqp.nodes =
          List.of(bad.address(), good.address());

      DoctorReport report =
          Doctor.run(
              fixture.doctor().checksBeforeStart(),
              EnumSet.of(CheckCategory.NETWORK, CheckCategory.TLS, CheckCategory.RABBITMQ),
              DoctorFixture.LIMITS);

      assertThat(report.failed()).isTrue();
      assertThat(report.hindersTheStart()).isFalse();
      fixture.assertFails(Finding.TLS_RABBITMQ, bad.address() + ": its certificate is signed by");
    }
  }

  @Test
  void aCertificateThatExpiresSoonFails() throws Exception {
    try (OneLineServer rabbitMq = rabbitMq(certificate.trusted())) {
      fixture.clock = Clock.offset(Clock.systemUTC(), Duration.ofDays(355));
      fixture.assertFails(
          Finding.TLS_EXPIRY, rabbitMq.address() + ": its certificate expires soon");
      fixture.assertOk(Finding.TLS_RABBITMQ, "succeeds");
    }
  }

  @Test
  void ourOwnCertificateMustNotExpireEither() throws Exception {
    TestCertificate own = TestCertificate.create(directory, "dns:shop-1", "-2d", 9);
    try (OneLineServer rabbitMq =
        rabbitMq(tls(Optional.of(certificate.pem()), Optional.of(own.pem()), false))) {
      fixture.clock = Clock.systemUTC();
      fixture.assertFails(Finding.TLS_EXPIRY, own.pem() + ": its certificate expires soon");
      assertThat(fixture.amqp.nodes).containsExactly(rabbitMq.address());
    }
  }

  @Test
  void aSilentNodeIsSkipped() {
    fixture.amqp.tls = Optional.of(certificate.trusted());
    fixture.amqp.greetings.put(FakeAmqp.NODE, new Greeting(Reaction.SILENT, "frozen"));
    fixture.assertSkipped(Finding.TLS_RABBITMQ, "rabbitmq.responds failed");
    fixture.assertSkipped(Finding.TLS_EXPIRY, "rabbitmq.responds failed");
  }

  @Test
  void insecureSettingsFail() {
    fixture.amqp.tls = Optional.of(tls(Optional.empty(), Optional.empty(), true));
    fixture.assertFails(Finding.TLS_INSECURE, "longcut.amqp.tls.insecure is true");
  }

  @Test
  void aPublicAddressWithoutTlsFails() {
    fixture.amqp.nodes = List.of(new Address("mq.example", 5672));
    for (String address : List.of("10.1.2.3", "172.18.0.2", "192.168.0.9", "fd00::1")) {
      fixture.network.addresses.put("mq.example", address);
      fixture.assertOk(Finding.TLS_INSECURE, "no connection over a public network");
    }
    fixture.network.addresses.put("mq.example", "203.0.113.7");
    fixture.assertFails(Finding.TLS_INSECURE, "amqp://mq.example:5672 has no TLS");
  }

  @Test
  void insecureIsSkippedWithAnInvalidFile() {
    fixture.withoutAmqp().given =
        new Given(Optional.empty(), List.of("bad"), Given.Sections.NONE, List.of());
    fixture.assertSkipped(Finding.TLS_INSECURE, "config.file failed");
  }

  private OneLineServer rabbitMq(AmqpConfig.Tls tls) {
    OneLineServer server = new OneLineServer(Optional.of(certificate.context()), "\1");
    fixture.amqp.nodes = List.of(server.address());
    fixture.amqp.tls = Optional.of(tls);
    fixture.clock = Clock.systemUTC();
    return server;
  }

  private static AmqpConfig.Tls tls(Optional<Path> ca, Optional<Path> own, boolean insecure) {
    return new AmqpConfig.Tls(ca, own, Optional.empty(), insecure);
  }
}
