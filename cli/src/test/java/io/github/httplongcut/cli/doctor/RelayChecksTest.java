package io.github.httplongcut.cli.doctor;

import static io.github.httplongcut.cli.doctor.DoctorFixture.description;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.AmqpView.QueueCounts;
import io.github.httplongcut.config.Version;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RelayChecksTest {

  private static final QueueCounts UNREAD = new QueueCounts(0, 0);

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void aRelayThatRunsIsWell() {
    fixture.assertOk(Finding.RELAY_BROKERS, "one broker takes requests");
    fixture.assertOk(
        Finding.RELAY_READY,
        "ready: broker.broker-1-aaaaaa, upstream-agent.upstream-agent-1-bbbbbb");
    fixture.assertOk(Finding.RELAY_VERSIONS, "all processes have version " + Version.current());
    fixture.assertOk(Finding.RELAY_ERRORS, "0 of 0 requests");
  }

  @Test
  void brokersAreCountedByTheirConsumersOfOrphans() {
    fixture.amqp.looks("client_request", new QueueCounts(0, 6));
    fixture.amqp.looks("orphan", new QueueCounts(0, 3));
    fixture.assertOk(Finding.RELAY_BROKERS, "3 brokers take requests");

    fixture.amqp.looks("orphan", UNREAD);
    fixture.assertOk(Finding.RELAY_BROKERS, "brokers take requests");
  }

  @Test
  void aRelayWithoutABrokerFails() {
    fixture.amqp.looks("client_request", UNREAD);
    fixture.amqp.looks("orphan", UNREAD);

    fixture.assertFails(Finding.RELAY_BROKERS, "no broker is connected to RabbitMQ");
    fixture.assertSkipped(Finding.TARGETS_AGENTS, "relay.brokers failed");
    assertThat(fixture.failures()).containsExactly("relay.brokers");
  }

  @Test
  void aTenantSeesThatThereIsNoBroker() {
    fixture.tenant("acme");
    fixture.amqp.looks("client_request", UNREAD);
    fixture.amqp.looks("orphan", UNREAD);
    fixture.assertFails(Finding.RELAY_BROKERS, "no broker is connected to RabbitMQ");
  }

  @Test
  void aFullBrokerIsABroker() {
    fixture.amqp.looks("client_request", UNREAD);
    fixture.amqp.looks("orphan", UNREAD);
    fixture.amqp.looks("broker.broker.broker-1-aaaaaa", new QueueCounts(0, 1));
    fixture.management.add(
        FakeManagement.queuesPath(),
        "{\"name\": \"broker.broker.broker-1-aaaaaa\", \"consumers\": 1}");
    fixture.assertOk(Finding.RELAY_BROKERS, "takes no requests now: broker.broker.broker-1-aaaaaa");
  }

  @Test
  void theBrokersAreSkippedWithoutALogin() {
    fixture.amqp.login = new AmqpView.Login(AmqpView.LoginState.REFUSED, "", "");
    fixture.assertSkipped(Finding.RELAY_BROKERS, "rabbitmq.login failed");
  }

  @Test
  void aProcessThatIsNotReadyNamesItsCondition() {
    fixture.agent.page(
        "/api/process",
        """
        {"role": "upstream-agent", "id": "plant.plant-1-x2m4cd", "version": "%s", "ready": false,
         "conditions": [{"name": "rabbitmq", "ready": false, "detail": "publishing is blocked"}]}"""
            .formatted(Version.current()));
    fixture.assertFails(
        Finding.RELAY_READY,
        "not ready: plant.plant-1-x2m4cd | plant.plant-1-x2m4cd: rabbitmq publishing is blocked");
  }

  @Test
  void anAlarmExplainsThatAProcessIsNotReady() {
    fixture.management.alarm = Optional.of("memory");
    fixture.agent.page(
        "/api/process",
        """
        {"role": "upstream-agent", "id": "plant.plant-1-x2m4cd", "ready": false}""");

    fixture.assertSkipped(
        Finding.RELAY_READY,
        "rabbitmq.alarms failed, which may be the cause: not ready: plant.plant-1-x2m4cd");
    assertThat(fixture.failures()).containsExactly("rabbitmq.alarms");
  }

  @Test
  void differentMajorVersionsFail() {
    fixture.agent.page("/api/process", description("upstream-agent", "plant.x-aaaaaa", "1.0.9"));
    fixture.status("", "{\"id\": \"plant.y-aaaaaa\", \"version\": \"2.0.8\"}"); // a remote agent
    fixture.assertFails(Finding.RELAY_VERSIONS, "1.0.9 (plant.x-aaaaaa), 2.0.8 (plant.y-aaaaaa)");
  }

  @Test
  void versionsThatDifferWithinTheMajorVersionAreWell() {
    String major = Version.current().split("\\.", 2)[0];
    fixture.agent.page(
        "/api/process", description("upstream-agent", "plant.x-aaaaaa", major + ".1.9"));
    fixture.status("", "{\"id\": \"plant.y-aaaaaa\", \"version\": \"" + major + ".2.0\"}");
    CheckResult result = fixture.result(Finding.RELAY_VERSIONS);
    assertThat(result.failed()).isFalse();
    assertThat(result.seen())
        .startsWith("versions that may run together: ")
        .contains(major + ".1.9 (plant.x-aaaaaa)", major + ".2.0 (plant.y-aaaaaa)");
  }

  @Test
  void aShareOfFailuresFails() {
    fixture.requests("answered", "no_upstream_agent", "no_upstream_agent", "upstream_busy");
    fixture.assertFails(
        Finding.RELAY_ERRORS,
        "3 of 4 requests of the last minute failed | 2 no_upstream_agent, 1 upstream_busy");
  }

  @Test
  void aFewFailuresAreTolerated() {
    String[] outcomes = Collections.nCopies(30, "answered").toArray(new String[0]);
    outcomes[7] = "upstream_timeout";
    fixture.requests(outcomes);
    fixture.assertOk(Finding.RELAY_ERRORS, "1 of 30 requests");
  }

  @Test
  void mistakesOfCallersAreNoFailures() {
    fixture.requests("cancelled", "bad_request", "request_too_large");
    fixture.assertOk(Finding.RELAY_ERRORS, "0 of 3 requests");
  }

  @Test
  void oldRequestsDoNotCount() {
    fixture.broker.page(
        "/api/requests?limit=500",
        """
        {"requests": [{"received_at": "2026-11-29T17:50:00Z", "outcome": "upstream_timeout"}]}""");
    fixture.assertOk(Finding.RELAY_ERRORS, "0 of 0 requests");
  }

  @Test
  void withoutAdminPagesTheyAreSkipped() {
    fixture.withoutBroker();
    fixture.assertSkipped(Finding.RELAY_READY, "needs --broker");
    fixture.assertSkipped(Finding.RELAY_VERSIONS, "needs --broker");
    fixture.assertSkipped(Finding.RELAY_ERRORS, "needs --broker");
  }

  @Test
  void withoutAnAnswerTheyAreSkipped() {
    fixture.broker.silent();
    fixture.agent.silent();
    fixture.assertSkipped(Finding.RELAY_READY, "did not answer within 2 s");
    fixture.assertSkipped(Finding.RELAY_ERRORS, "no broker tells its last requests");
  }
}
