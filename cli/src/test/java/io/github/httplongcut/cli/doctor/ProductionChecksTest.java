package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import org.junit.jupiter.api.Test;

/** The users of the fixture are those of the demo, so a trial fails the checklist. */
class ProductionChecksTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void theChecklistIsNotPartOfAUsualRun() {
    assertThat(fixture.report().results())
        .noneMatch(result -> result.finding().category() == CheckCategory.PRODUCTION);
  }

  @Test
  void plainTextToAnotherMachineFails() {
    fixture.assertOk(Finding.PRODUCTION_ENCRYPTION, "every known connection");
    overview(
        "{\"protocol\": \"amqp\", \"ip_address\": \"::\", \"port\": 5672},"
            + "{\"protocol\": \"amqp/ssl\", \"ip_address\": \"::\", \"port\": 5671}");
    fixture.assertFails(
        Finding.PRODUCTION_ENCRYPTION, "RabbitMQ accepts connections without TLS at [::]:5672");
    fixture.amqp.nodes = java.util.List.of(new Address("mq.internal", 5672));
    fixture.assertFails(Finding.PRODUCTION_ENCRYPTION, "amqp://mq.internal:5672 has no TLS");
  }

  @Test
  void theManagementUiMustNotBeOpenWithoutTls() {
    overview(
        "{\"protocol\": \"http\", \"ip_address\": \"::\", \"port\": 15672,"
            + " \"socket_opts\": {\"ip\": \"127.0.0.1\", \"port\": 15672}}");
    fixture.assertOk(Finding.PRODUCTION_MANAGEMENT, "loopback");
    overview(
        "{\"protocol\": \"http\", \"ip_address\": \"0.0.0.0\", \"port\": 15672, \"socket_opts\":"
            + " []}");
    fixture.assertFails(
        Finding.PRODUCTION_MANAGEMENT, "the management UI listens without TLS at 0.0.0.0:15672");
    fixture.withoutManagement().assertSkipped(Finding.PRODUCTION_MANAGEMENT, "--management");
  }

  @Test
  void openAdminPagesNeedAToken() {
    settings("admin {\n host=\"127.0.0.1\"\n port=8002\n }");
    fixture.assertOk(Finding.PRODUCTION_ADMIN, "loopback");
    settings("admin {\n host=\"0.0.0.0\"\n port=8002\n }");
    fixture.assertFails(
        Finding.PRODUCTION_ADMIN,
        "the broker at http://127.0.0.1:8002 listens on all addresses without a token");
    settings("admin {\n host=\"0.0.0.0\"\n token-file=\"/etc/longcut/token\"\n }");
    fixture.assertOk(Finding.PRODUCTION_ADMIN, "token");
    fixture.withoutBroker().assertSkipped(Finding.PRODUCTION_ADMIN, "knows no process");
  }

  @Test
  void captureMustBeOff() {
    settings("admin { host=\"127.0.0.1\" }\n inspect {\n capture=false\n }");
    fixture.assertOk(Finding.PRODUCTION_CAPTURE, "captures");
    settings("admin { host=\"127.0.0.1\" }\n inspect {\n capture=true\n }");
    fixture.assertFails(Finding.PRODUCTION_CAPTURE, "has inspect.capture = true");
  }

  @Test
  void amqp1IsCheckedByHandSinceRabbitMq4() {
    fixture.assertOk(Finding.PRODUCTION_PROTOCOL, "3.10.8");
    fixture.management.page("/api/overview", "{\"rabbitmq_version\": \"4.3.6\"}");
    fixture.assertSkipped(Finding.PRODUCTION_PROTOCOL, "RabbitMQ 4.3.6 speaks AMQP 1.0");
  }

  private void overview(String listeners) {
    fixture.management.page(
        "/api/overview", "{\"rabbitmq_version\": \"3.10.8\", \"listeners\": [" + listeners + "]}");
  }

  private void settings(String broker) {
    fixture.broker.page("/api/config", "longcut {\n broker {\n " + broker + "\n }\n}");
  }
}
