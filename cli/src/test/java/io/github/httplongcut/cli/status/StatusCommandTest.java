package io.github.httplongcut.cli.status;

import static io.github.httplongcut.cli.status.StatusFixture.AGENT;
import static io.github.httplongcut.cli.status.StatusFixture.CLIENT;
import static io.github.httplongcut.cli.status.StatusFixture.TARGET;
import static io.github.httplongcut.cli.status.StatusFixture.broker;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.sources.StubServer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs the command against servers with the brokers' and RabbitMQ's pages. */
class StatusCommandTest {

  private final StubServer broker = new StubServer();
  private final StubServer rabbitMq = new StubServer();
  private final Tools tool = Tools.of(sources -> new StatusCommand(sources));

  StatusCommandTest() {
    broker.answer("/api/status", 200, broker("broker-1-k3v7qa"));
    rabbitMq
        .answer("/api/overview", 200, StatusFixture.OVERVIEW)
        .answer("/api/nodes", 200, StatusFixture.NODES)
        .answer(StatusFixture.QUEUES_PATH, 200, StatusFixture.QUEUES);
  }

  @AfterEach
  void stop() {
    broker.close();
    rabbitMq.close();
  }

  @Test
  void healthyRelayFitsOnOneScreen() {
    assertThat(tool.run("--broker", broker.url(), "--management", management())).isZero();

    assertThat(tool.out().replaceAll(" +", " "))
        .contains(
            ": all is well",
            "RABBITMQ VERSION STATE MEMORY DISK FREE WHY",
            "longcut@localhost 3.10.8 up 100 MiB 20 GiB",
            "broker.broker-1-k3v7qa open up 1 3 4/4000",
            "orders ok 1 2/4 0 2 123 4",
            "plant.plant-1-x2m4cd orders ready 2/4 120 ms",
            "acme.shop-1-k3v7qa active 120 ms 12",
            "client_request 1 0 2 1",
            "upstream-agent.* 2 1 2 2");
    assertThat(tool.out().lines().count()).isLessThanOrEqualTo(40);
    assertThat(tool.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(81));
  }

  @Test
  void brokerThatDoesNotAnswerIsNamedWithTheReason() {
    String gone = broker.url();
    broker.close();

    assertThat(tool.run("--broker", gone, "--management", management())).isEqualTo(1);

    assertThat(tool.out()).contains("1 problem", gone, "no answer", "Connection refused");
  }

  @Test
  void withoutAManagementLoginTheRestIsShownAndTheOptionNamed() {
    assertThat(tool.run("--broker", broker.url())).isZero();

    assertThat(tool.out())
        .contains("broker.broker-1-k3v7qa", "Note: RabbitMQ's nodes", "--management")
        .doesNotContain("client_request");
  }

  @Test
  void withoutABrokerTheRestIsShownAndTheOptionNamed() {
    assertThat(tool.run("--management", management())).isZero();

    assertThat(tool.out())
        .contains("client_request", "Note: brokers, targets and agents are not shown", "--broker");
  }

  @Test
  void loginThatMayNotSeeTheNodesIsNamed() {
    rabbitMq.answer("/api/nodes", 403, "{}");

    assertThat(tool.run("--management", management())).isEqualTo(1);

    assertThat(tool.out()).contains("refuses the user 'admin'").doesNotContain("secret");
  }

  @Test
  void serverThatIsNotRabbitMqIsNamed() {
    try (StubServer other = new StubServer()) {
      assertThat(tool.run("--management", other.url().replace("http://", "http://u:secret@")))
          .isEqualTo(1);

      assertThat(tool.out())
          .contains(other.url(), "answers 404 to /api/overview", "--management")
          .doesNotContain("secret", "Exception");
    }
  }

  @Test
  void vhostThatDoesNotExistIsAProblem() {
    assertThat(
            tool.run(
                "--management", management(), "--amqp", "amqp://admin:secret@127.0.0.1/nowhere"))
        .isEqualTo(1);

    assertThat(tool.out())
        .contains(
            "all queues", "answers 404 to /api/queues/nowhere; check --management, and the vhost");
  }

  @Test
  void alarmAndQueueWithoutAConsumerAreProblems() {
    String nodes =
        StatusFixture.NODES.replace("\"disk_free_alarm\": false", "\"disk_free_alarm\": true");
    rabbitMq
        .answer("/api/nodes", 200, nodes)
        .answer(
            StatusFixture.QUEUES_PATH,
            200,
            "[{\"name\": \"client_request\", \"messages_ready\": 7, \"consumers\": 0}]");

    assertThat(tool.run("--management", management())).isEqualTo(1);

    assertThat(tool.out())
        .contains("3 problems", "disk alarm", "no broker consumes it", "the queue does not exist");
  }

  /** RabbitMQ counts consumers every five seconds. */
  @Test
  void brokerKnowsBetterThanRabbitMqWhetherItConsumes() {
    rabbitMq.answer(
        StatusFixture.QUEUES_PATH,
        200,
        StatusFixture.QUEUES
            .replace("\"consumers\": 1", "\"consumers\": 0")
            .replace("\"messages_ready\": 1", "\"messages_ready\": 0"));

    assertThat(tool.run("--broker", broker.url(), "--management", management(), "--json")).isZero();
    assertThat(tool.out())
        .contains("has not counted the consumers yet")
        .doesNotContain("no broker");

    broker.answer("/api/status", 200, broker("b").replace("\"open\"", "\"closed\""));
    assertThat(tool.run("--broker", broker.url(), "--management", management(), "--json"))
        .isEqualTo(1);
    assertThat(tool.out()).contains("no broker consumes it");
  }

  /** RabbitMQ has no numbers of a new queue. */
  @Test
  void newQueueIsNoProblem() {
    rabbitMq.answer(
        StatusFixture.QUEUES_PATH,
        200,
        StatusFixture.QUEUES.replace(
            "upstream-agent-2-cccccc\", \"messages_ready\": 1, \"messages_unacknowledged\": 2,"
                + " \"consumers\": 1",
            "upstream-agent-2-cccccc\""));

    assertThat(tool.run("--broker", broker.url(), "--management", management())).isZero();

    assertThat(tool.out())
        .contains("all is well", "1 that RabbitMQ has not counted yet")
        .containsPattern("upstream-agent\\.\\* +2 +0 +0 +1")
        .doesNotContain("-1 ", "without a consumer");
  }

  @Test
  void longListsAreCutWithProblemsFirst() {
    String agents =
        IntStream.range(10, 30)
            .mapToObj(i -> AGENT.replace("plant-1", "plant-" + i))
            .collect(Collectors.joining(","));
    String failing = AGENT.replace("plant-1", "plant-99").replace("\"good\"", "\"failing\"");
    broker.answer("/api/status", 200, broker("broker-1", TARGET, agents + "," + failing, CLIENT));

    assertThat(tool.run("--broker", broker.url())).isEqualTo(1);
    assertThat(tool.out()).contains("… and 13 more (--all)", "plant-99").doesNotContain("plant-29");

    assertThat(tool.run("--broker", broker.url(), "--all")).isEqualTo(1);
    assertThat(tool.out()).contains("plant-99", "plant-29").doesNotContain("more");
  }

  @Test
  void jsonHasAllRowsAndNoControlCharacters() throws Exception {
    broker.answer(
        "/api/status",
        200,
        broker("broker-1", TARGET, AGENT.replace("\"good\"", "\"\\u001b[2J\\u009b\""), CLIENT));

    assertThat(tool.run("--broker", broker.url(), "--management", management(), "--json"))
        .isEqualTo(1);

    assertThat(tool.out()).doesNotContain("\033", "\u009b");
    JsonNode json = new ObjectMapper().readTree(tool.out());
    assertThat(json.path("well").asBoolean(true)).isFalse();
    assertThat(json.path("problems")).hasSize(1);
    assertThat(json.path("rabbitmq").path("version").asText()).isEqualTo("3.10.8");
    assertThat(json.path("brokers").get(0).path("max_in_flight").asLong()).isEqualTo(4000);
    assertThat(json.path("upstream_agents").get(0).path("id").asText())
        .isEqualTo("plant.plant-1-x2m4cd");
    assertThat(json.path("queues")).hasSize(6);
    assertThat(json.path("queues").get(0).path("health").asText()).isEqualTo("well");
    assertThat(json.path("unanswered")).isEmpty();
  }

  @Test
  void textHasNoControlCharactersOfOthers() {
    broker.answer(
        "/api/status",
        200,
        broker("broker-1", TARGET, AGENT.replace("\"good\"", "\"\\u001b[2J\\u009b\""), CLIENT));

    tool.run("--broker", broker.url());

    assertThat(tool.out()).doesNotContain("\033", "\u009b").contains("[2J");
  }

  private String management() {
    return rabbitMq.url().replace("http://", "http://admin:secret@");
  }
}
