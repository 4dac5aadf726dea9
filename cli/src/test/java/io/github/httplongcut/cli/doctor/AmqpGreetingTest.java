package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AmqpGreetingTest {

  @TempDir private Path directory;

  @Test
  void aMethodFrameIsAmqp() throws Exception {
    try (OneLineServer server = new OneLineServer(Optional.empty(), "\1\0\0")) {
      assertThat(AmqpGreeting.of(server.address(), Optional.empty()).reaction())
          .isEqualTo(Reaction.SPEAKS_AMQP);
    }
  }

  @Test
  void anotherProtocolIsShown() throws Exception {
    try (OneLineServer server = new OneLineServer(Optional.empty(), "HTTP/1.1 400")) {
      assertThat(AmqpGreeting.of(server.address(), Optional.empty()))
          .isEqualTo(
              new Greeting(
                  Reaction.SILENT, "it does not speak AMQP; its answer begins with \"HTTP\""));
    }
  }

  @Test
  void aTlsPortIsRecognized() throws Exception {
    TestCertificate certificate = TestCertificate.valid(directory);
    try (OneLineServer server = new OneLineServer(Optional.of(certificate.context()), "")) {
      assertThat(AmqpGreeting.of(server.address(), Optional.empty()).why())
          .isEqualTo("it speaks TLS: the address must begin with amqps://");
    }
  }

  @Test
  void amqpOverTlsIsAmqp() throws Exception {
    TestCertificate certificate = TestCertificate.valid(directory);
    try (OneLineServer server = new OneLineServer(Optional.of(certificate.context()), "\1\0\0")) {
      Optional<AmqpConfig.Tls> tls = Optional.of(certificate.trusted());
      assertThat(AmqpGreeting.of(server.address(), tls).reaction()).isEqualTo(Reaction.SPEAKS_AMQP);
    }
  }

  /** The kernel accepts connections for a process that is suspended. */
  @Test
  void aFrozenServerIsSilent() throws Exception {
    try (ServerSocket frozen = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Address address = new Address("127.0.0.1", frozen.getLocalPort());
      assertThat(AmqpGreeting.of(address, Optional.empty()))
          .isEqualTo(
              new Greeting(Reaction.SILENT, "it accepts connections, and sends nothing for 2 s"));
    }
  }

  @Test
  void aClosedPortIsUnreachable() throws Exception {
    Address closed;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = new Address("127.0.0.1", free.getLocalPort());
    }
    assertThat(AmqpGreeting.of(closed, Optional.empty()).reaction())
        .isEqualTo(Reaction.UNREACHABLE);
  }
}
