package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkChecksTest {

  private static final Address ONE = new Address("mq-1", 5672);
  private static final Address TWO = new Address("mq-2", 5672);

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void allHostsAndPortsAreWell() {
    fixture.assertOk(Finding.NETWORK_RESOLVE, "127.0.0.1");
    fixture.assertOk(Finding.NETWORK_RABBITMQ, "127.0.0.1:5672");
    fixture.assertOk(Finding.NETWORK_MANAGEMENT, "127.0.0.1:15672");
    fixture.assertOk(Finding.NETWORK_BROKERS, "127.0.0.1:8002, 127.0.0.1:8003");
  }

  @Test
  void anUnknownHostIsNamed() {
    fixture.amqp.nodes = List.of(ONE, TWO);
    fixture.network.unknownHosts.add("mq-2");

    fixture.assertFails(Finding.NETWORK_RESOLVE, "no address for mq-2");
    fixture.assertOk(Finding.NETWORK_RABBITMQ, "mq-1:5672");
    fixture.assertOk(Finding.RABBITMQ_LOGIN, "user admin logs in");
  }

  @Test
  void withoutAnyAddressTheConnectionsAreSkipped() {
    fixture.tenant("acme").amqp.nodes = List.of(ONE);
    fixture.network.unknownHosts.add("mq-1");

    fixture.assertSkipped(Finding.NETWORK_RABBITMQ, "network.resolve failed");
    assertThat(fixture.failures()).containsExactly("network.resolve");
  }

  @Test
  void resolvingIsSkippedWithAnInvalidFile() {
    fixture.withoutAmqp().given =
        new Given(java.util.Optional.empty(), List.of("bad"), Given.Sections.NONE, List.of());
    fixture.assertSkipped(Finding.NETWORK_RESOLVE, "config.file failed");
  }

  @Test
  void aRefusedConnectionFails() {
    fixture.network.refused.add(FakeAmqp.NODE);

    fixture.assertFails(Finding.NETWORK_RABBITMQ, "cannot connect to 127.0.0.1:5672 |");
    fixture.assertFails(Finding.NETWORK_RABBITMQ, "Connection refused");
    fixture.assertSkipped(Finding.RABBITMQ_RESPONDS, "network.rabbitmq failed");
    fixture.assertSkipped(Finding.RABBITMQ_LOGIN, "network.rabbitmq failed");
    fixture.assertSkipped(Finding.TOPOLOGY_VHOST, "network.rabbitmq failed");
  }

  @Test
  void oneOfTwoNodesMayBeDown() {
    fixture.amqp.nodes = List.of(ONE, TWO);
    fixture.network.refused.add(TWO);

    fixture.assertFails(Finding.NETWORK_RABBITMQ, "cannot connect to mq-2:5672");
    fixture.assertOk(Finding.RABBITMQ_LOGIN, "user admin logs in");
  }

  @Test
  void aManagementPortThatIsClosedFails() {
    fixture.network.refused.add(new Address("127.0.0.1", 15_672));
    fixture.assertFails(Finding.NETWORK_MANAGEMENT, "cannot connect to 127.0.0.1:15672");
  }

  @Test
  void aClosedAdminPortFails() {
    fixture.network.refused.add(new Address("127.0.0.1", 8002));
    fixture.assertFails(
        Finding.NETWORK_BROKERS, "cannot connect to the broker at http://127.0.0.1:8002");
  }

  @Test
  void missingAddressesAreSkipped() {
    fixture.withoutManagement().withoutBroker().withoutAmqp();

    fixture.assertSkipped(Finding.NETWORK_RABBITMQ, "give --amqp or --config");
    fixture.assertSkipped(Finding.NETWORK_MANAGEMENT, "no --management is given");
    fixture.assertSkipped(Finding.NETWORK_BROKERS, "needs --broker");
  }
}
