package io.github.httplongcut.cli.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.rabbitmq.http.client.domain.QueueInfo;
import io.github.httplongcut.cli.CommandFailedException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManagementClientTest {

  private static final String VHOST = "/api/vhosts/long%2Fcut";

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final StubServer rabbitMq = new StubServer();

  @AfterEach
  void stop() {
    rabbitMq.close();
  }

  @Test
  void settingTracingKeepsTheOtherFieldsOfTheVhost() {
    rabbitMq.answer(
        VHOST,
        200,
        """
        {"name": "long/cut", "description": "d", "tags": ["t"], "default_queue_type": "undefined", "tracing": false}
        """);

    management("admin:admin").setTracing(true);

    assertThat(rabbitMq.requests())
        .containsExactly(
            "GET /api/vhosts/long%2Fcut Basic YWRtaW46YWRtaW4= ",
            "PUT /api/vhosts/long%2Fcut Basic YWRtaW46YWRtaW4= "
                + "{\"tracing\":true,\"description\":\"d\",\"tags\":[\"t\"]}");
  }

  @Test
  void loginIsPercentDecoded() {
    rabbitMq.answer("/api/exchanges/long%2Fcut/amq.rabbitmq.trace/bindings/source", 200, "[]");

    assertThat(management("a%40b:p+%3A%2F").bindingsOf("amq.rabbitmq.trace")).isZero();

    // a@b:p+:/
    assertThat(rabbitMq.requests().get(0)).contains(" Basic YUBiOnArOi8= ");
  }

  @Test
  void errorOfARefusedLoginAsksForAnAdministrator() {
    rabbitMq.answer(VHOST, 401, "{}");

    assertThatThrownBy(() -> management("joe:secret").tracing())
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("'joe'")
        .hasMessageContaining("administrator")
        .hasMessageNotContaining("secret");
  }

  @Test
  void errorNamesAnUnreachableServer() {
    ManagementClient management = management("admin:secret");
    rabbitMq.close();

    assertThatThrownBy(management::tracing)
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll(
            "127.0.0.1:" + rabbitMq.port(), "Connection refused", "--management")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:1",
        "http://joe@127.0.0.1:1",
        "ftp://joe:secret@127.0.0.1:1",
        "http://joe:sec@ret@127.0.0.1",
        "http://joe:sec/ret@127.0.0.1",
        "http://joe:sec#ret@127.0.0.1",
        "http://joe:sec%ret@127.0.0.1",
        "http://joe:sec?ret@127.0.0.1",
        "http://joe:secret@127.0.0.1#x",
        "http:joe:secret",
        ""
      })
  void urlWithoutAServerOrALoginIsRefused(String url) {
    assertThatThrownBy(() -> ManagementClient.at(url, "longcut", Optional.empty(), LIMIT))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("--management", "@ written as %40")
        .message()
        .doesNotContain("sec", "ret@");
  }

  /**
   * The name cannot be resolved: the error shows that the client accepts and looks up such a name.
   */
  @Test
  void hostWithAnUnderscoreIsLookedUp() {
    ManagementClient management =
        ManagementClient.at(
            "http://joe:secret@no_such_host.invalid:15672", "longcut", Optional.empty(), LIMIT);

    assertThatThrownBy(management::tracing)
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("http://no_such_host.invalid:15672", "unknown host")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> management.client().getQueues("longcut"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("http://no_such_host.invalid:15672", "unknown host");
  }

  @Test
  void rabbitMqsClientUsesTheSameHttp() {
    rabbitMq.answer(
        "/api/queues/long%2Fcut",
        200,
        """
        [{"name": "orphan", "messages_ready": 3, "a_field_of_the_future": {"x": 1}}]
        """);

    assertThat(management("admin:admin").client().getQueues("long/cut"))
        .extracting(QueueInfo::getName, QueueInfo::getMessagesReady)
        .containsExactly(tuple("orphan", 3L));
    assertThat(rabbitMq.requests().get(0)).contains("Basic YWRtaW46YWRtaW4=");
  }

  @Test
  void usersHaveTheirTags() {
    rabbitMq.answer("/api/users/joe", 200, "{\"name\": \"joe\", \"tags\": [\"policymaker\"]}");

    rabbitMq.answer("/api/whoami/", 200, "{\"name\": \"joe\", \"tags\": [\"monitoring\"]}");

    assertThat(management("joe:secret").client().whoAmI().getTags()).containsExactly("monitoring");
  }

  @Test
  void failedCheckReturnsRabbitMqsReason() {
    rabbitMq.answer(
        "/api/health/checks/alarms", 503, "{\"status\":\"failed\",\"reason\":\"disk\"}");
    rabbitMq.answer("/api/health/checks/virtual-hosts", 200, "{\"status\":\"ok\"}");

    assertThat(management("joe:secret").failedCheck("alarms")).hasValue("disk");
    assertThat(management("joe:secret").failedCheck("virtual-hosts")).isEmpty();
  }

  @Test
  void failedCheckOfAlarmsNamesResourceAndNode() {
    rabbitMq.answer(
        "/api/health/checks/alarms",
        503,
        """
        {"status": "failed", "reason": "There are alarms in effect in the cluster",
         "alarms": [{"node": "rabbit@mq-1", "resource": "memory"}]}""");

    assertThat(management("joe:secret").failedCheck("alarms"))
        .hasValue("There are alarms in effect in the cluster: memory on rabbit@mq-1");
  }

  @Test
  void managementUiMayHaveAPath() {
    rabbitMq.answer("/rabbit/api/vhosts/long%2Fcut", 200, "{\"tracing\": true}");

    ManagementClient management =
        ManagementClient.at(
            "http://admin:admin@127.0.0.1:" + rabbitMq.port() + "/rabbit/",
            "long/cut",
            Optional.empty(),
            LIMIT);

    assertThat(management.tracing()).isTrue();
    assertThat(management.queuePage("tap"))
        .isEqualTo(rabbitMq.url() + "/rabbit/#/queues/long%2Fcut/tap");
  }

  private ManagementClient management(String login) {
    return ManagementClient.at(
        "http://" + login + "@127.0.0.1:" + rabbitMq.port(), "long/cut", Optional.empty(), LIMIT);
  }
}
