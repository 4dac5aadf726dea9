package io.github.httplongcut.cli.doctor;

import static io.github.httplongcut.cli.doctor.DoctorFixture.agent;
import static io.github.httplongcut.cli.doctor.DoctorFixture.target;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.AmqpView.QueueCounts;
import io.github.httplongcut.config.Version;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InboxCheckTest {

  private static final String INBOX = "client-agent.acme.shop-1-k3v7qa";

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void inboxesThatAreReadAreWell() {
    boundQueue(INBOX, 1, 0);
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox has a consumer that reads");
  }

  @Test
  void aSuspendedProcessDoesNotAnswer() {
    fixture.agent.silent();
    fixture.network.listeners.put(8003, new LocalProcess("upstream-agent plant-1", 4711, true));
    fixture.assertFails(
        Finding.RELAY_INBOXES,
        "upstream-agent plant-1 at http://127.0.0.1:8003, pid 4711: it is suspended");
  }

  @Test
  void aStuckProcessDoesNotAnswer() {
    fixture.agent.silent();
    fixture.assertFails(
        Finding.RELAY_INBOXES,
        "the process at http://127.0.0.1:8003: its admin pages accept connections");
  }

  @Test
  void aProcessThatIsGoneIsNotSuspended() {
    fixture.agent.silent();
    fixture.network.refused.add(NetworkChecks.addressOf("http://127.0.0.1:8003"));
    assertThat(fixture.failures()).containsExactly("network.brokers");
  }

  @Test
  void anAgentThatIsNotHeardFails() {
    fixture.status(target("ok", ""), agent("good", 4_400, ""));
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");

    fixture.status(target("ok", ""), agent("good", 4_600, ""));
    fixture.assertFails(
        Finding.RELAY_INBOXES, "plant.plant-1-x2m4cd: its last heartbeat came 4.6 s ago");
  }

  /** The settings allow an interval of up to a minute. */
  @Test
  void anAgentIsNotHeardAfterTwoOfItsIntervals() {
    fixture.status(target("ok", ""), everyTenSeconds(19_000));
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");

    fixture.status(target("ok", ""), everyTenSeconds(20_100));
    fixture.assertFails(Finding.RELAY_INBOXES, "its last heartbeat came 20.1 s ago");
  }

  private static String everyTenSeconds(long lastHeardMs) {
    return agent("good", lastHeardMs, "").replace("{", "{\"interval_ms\": 10000, ");
  }

  @Test
  void anInboxWithoutAConsumerNamesItsProcess() {
    queue(INBOX, 0, 3);
    fixture.assertFails(Finding.RELAY_INBOXES, "acme.shop-1-k3v7qa: no process consumes " + INBOX);
  }

  @Test
  void aRestartedProcessLeavesItsInboxBehind() {
    queue(INBOX, 0, 3);
    boundQueue("client-agent.acme.shop-1-zzzzzz", 1, 0);
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  /** RabbitMQ's list does not show the consumer of a new inbox for some seconds. */
  @Test
  void aProcessRestartedNowLeavesItsInboxBehind() {
    queue(INBOX, 0, 0);
    boundQueue("client-agent.acme.shop-1-zzzzzz", 0, 0);
    fixture.amqp.looks("client-agent.acme.shop-1-zzzzzz", new QueueCounts(0, 1));
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  @Test
  void aReplacedInboxIsLeftBehind() {
    queue(INBOX, 0, 3);
    boundQueue(INBOX + ".2", 1, 0);
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  @Test
  void messagesThatAreNotTakenFail() {
    boundQueue(INBOX, 1, 5);
    fixture.amqp.looks(INBOX, new QueueCounts(5, 1), new QueueCounts(7, 1));
    fixture.assertFails(
        Finding.RELAY_INBOXES,
        "acme.shop-1-k3v7qa: 7 messages wait in its inbox " + INBOX + ", and it takes none");
  }

  @Test
  void messagesThatAreTakenAreWell() {
    boundQueue(INBOX, 1, 5);
    fixture.amqp.looks(INBOX, new QueueCounts(5, 1), new QueueCounts(1, 1));
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  /** Large RabbitMQs compute no rates: {@code management.rates_mode = none}. */
  @Test
  void heartbeatsWithoutARateTellNothing() {
    bind("heartbeats.broker.broker-1-aaaaaa", "upstream_heartbeat");
    fixture.management.add(
        FakeManagement.queuesPath(),
        """
        {"name": "heartbeats.broker.broker-1-aaaaaa", "consumers": 1,
         "messages_unacknowledged": 4}""");
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  /** Nobody else may look at a queue that is exclusive to a broker's connection. */
  @Test
  void queueForTheStatusOfBrokersIsNoInbox() {
    fixture.management.add(
        FakeManagement.queuesPath(),
        """
        {"name": "heartbeats.broker.broker-1-aaaaaa.status.1", "consumers": 0,
         "messages_ready": 4}""");
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  @Test
  void heartbeatsThatAreNotAckedFail() {
    String unacked =
        """
        {"name": "heartbeats.broker.broker-1-aaaaaa", "consumers": 1,
         "messages_unacknowledged": 4, "message_stats": {"ack_details": {"rate": %s}}}""";
    bind("heartbeats.broker.broker-1-aaaaaa", "upstream_heartbeat");
    fixture.management.add(FakeManagement.queuesPath(), unacked.formatted("0.8"));
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");

    fixture.management.add(FakeManagement.queuesPath(), unacked.formatted("0.0"));
    fixture.assertFails(
        Finding.RELAY_INBOXES, "broker.broker-1-aaaaaa: it has not acked the messages of heartb");
  }

  /** A tenant may declare any number of queues with the name of an inbox. */
  @Test
  void manyQueuesOfOneUserHideNoOther() {
    for (int i = 0; i < 60; i++) {
      queue("client-agent.acme.x%02d-aaaaaa".formatted(i), 0, 1);
    }
    queue("heartbeats.broker.broker-1-bbbbbb", 0, 1);
    queue("upstream-agent.plant.plant-1-cccccc", 0, 1);
    CheckResult result =
        fixture.assertFails(Finding.RELAY_INBOXES, "50 more have messages or no consumer");
    assertThat(result.why()).contains("plant.plant-1-cccccc: ", "broker.broker-1-bbbbbb: ");
  }

  @Test
  void theListOfInboxesIsOlderThanTheirCounts() {
    fixture.management.add(
        FakeManagement.queuesPath(),
        "{\"name\": \"%s\", \"consumers\": 0}".formatted(INBOX)); // and has expired meanwhile
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  @Test
  void aTenantDoesNotSeeInboxes() {
    fixture.tenant("acme");
    fixture.assertSkipped(Finding.RELAY_INBOXES, "needs --management");
  }

  /** Adds an inbox with all bindings of a client agent. */
  private void boundQueue(String name, int consumers, long ready) {
    queue(name, consumers, ready);
    bind(
        name,
        "client_request_ack",
        "client_request_undelivered",
        "broker_response",
        "broker_error");
  }

  private void queue(String name, int consumers, long ready) {
    fixture.management.add(
        FakeManagement.queuesPath(),
        "{\"name\": \"%s\", \"consumers\": %d, \"messages_ready\": %d}"
            .formatted(name, consumers, ready));
    fixture.amqp.looks(name, new QueueCounts(ready, consumers));
  }

  @Test
  void anInboxWithoutABindingIsOutOfReach() {
    queue(INBOX, 1, 0);
    bind(INBOX, "client_request_ack", "client_request_undelivered", "broker_error");

    CheckResult result =
        fixture.assertFails(
            Finding.RELAY_INBOXES,
            "acme.shop-1-k3v7qa: " + INBOX + " is not bound to broker_response");
    assertThat(result.remedy()).contains("rabbitmqctl close_all_connections -p longcut");
  }

  private void bind(String queue, String... exchanges) {
    for (String exchange : exchanges) {
      fixture.management.add(
          "/api/bindings/longcut?columns=source,destination",
          "{\"source\": \"%s\", \"destination\": \"%s\"}".formatted(exchange, queue));
    }
  }

  @Test
  void processesAreSeenWhileRabbitMqIsNot() {
    fixture.management.failWith(new CommandFailedException("frozen"));
    fixture.assertOk(Finding.RELAY_INBOXES, "all known processes answer; the inboxes are not seen");

    fixture.agent.silent();
    fixture.assertFails(Finding.RELAY_INBOXES, "the process at http://127.0.0.1:8003");
  }

  @Test
  void anAlarmKeepsHeartbeatsBack() {
    fixture.status(target("ok", ""), agent("good", 9_000, ""));
    fixture.management.alarm = Optional.of("an alarm");
    assertThat(fixture.failures()).containsExactly("rabbitmq.alarms");
  }

  @Test
  void anAgentThatAnswersIsNotSuspended() {
    fixture.status(target("ok", ""), agent("good", 9_000, ""));
    fixture.agent.page(
        "/api/process",
        DoctorFixture.description("upstream-agent", "plant.plant-1-x2m4cd", Version.current()));
    fixture.assertOk(Finding.RELAY_INBOXES, "every inbox");
  }

  @Test
  void anAgentThatHasStoppedLeavesItsInboxBehind() {
    queue("upstream-agent.plant.plant-1-x2m4cd", 0, 0);
    fixture.status(
        target(
            "no_agent",
            "no upstream agent since 14:02:11Z; the last was plant.plant-1-x2m4cd, which said: the"
                + " agent is stopping"),
        "");
    assertThat(fixture.failures()).containsExactly("targets.agents");
  }
}
