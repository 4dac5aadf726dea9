package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.AmqpView.Login;
import io.github.httplongcut.cli.doctor.AmqpView.LoginState;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LiveAmqpTest {

  @Test
  void noPasswordIsSentWithoutEncryption() throws Exception {
    SourceOptions sources =
        new SourceOptions(
            Map.of("LONGCUT_AMQP_URI", "amqp://u:a-password@192.0.2.1/longcut"),
            Duration.ofSeconds(20));
    try (LiveAmqp amqp = new LiveAmqp(sources.requiredAmqp())) {
      assertThat(amqp.login().state()).isEqualTo(LoginState.UNENCRYPTED);
      assertThat(amqp.login().detail()).startsWith("192.0.2.1:5672 is not a loopback address");
    }
  }

  @Test
  void withoutANodeThatAnswersThereIsNoLogin() throws Exception {
    int closed;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = free.getLocalPort();
    }
    String uri = "amqp://u:a-password@127.0.0.1:" + closed + "/longcut";
    SourceOptions sources =
        new SourceOptions(Map.of("LONGCUT_AMQP_URI", uri), Duration.ofSeconds(20));
    try (LiveAmqp amqp = new LiveAmqp(sources.requiredAmqp())) {
      assertThat(amqp.login())
          .isEqualTo(new Login(LoginState.FAILED, "no node of RabbitMQ answers", ""));
    }
  }
}
