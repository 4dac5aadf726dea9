package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Login;
import io.github.httplongcut.cli.doctor.AmqpView.LoginState;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RabbitMqChecksTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void aFrozenNodeDoesNotRespond() {
    fixture.amqp.greetings.put(
        FakeAmqp.NODE, new Greeting(Reaction.SILENT, "it sends nothing for 2 s"));
    fixture.management.failWith(
        new CommandFailedException("did not answer", new TimeoutException()));

    CheckResult result =
        fixture.assertFails(Finding.RABBITMQ_RESPONDS, "127.0.0.1:5672, http://127.0.0.1:15672");
    assertThat(result.why()).contains("it sends nothing for 2 s");
    assertThat(fixture.failures()).containsExactly("rabbitmq.responds");
    fixture.assertSkipped(Finding.RABBITMQ_LOGIN, "rabbitmq.responds failed");
  }

  @Test
  void aManagementApiThatHangsFailsInPart() {
    fixture.management.failWith(
        new CommandFailedException("did not answer", new TimeoutException()));

    fixture.assertFails(Finding.RABBITMQ_RESPONDS, "http://127.0.0.1:15672");
    fixture.assertOk(Finding.RABBITMQ_LOGIN, "the management API does not answer");
    fixture.assertSkipped(Finding.RABBITMQ_ALARMS, "the management API does not answer");
  }

  @Test
  void aNodeThatRespondsIsWell() {
    fixture.assertOk(Finding.RABBITMQ_RESPONDS, "answers from 127.0.0.1:5672");
  }

  @Test
  void respondingIsSkippedWithoutAnAddress() {
    fixture.withoutAmqp();
    fixture.assertSkipped(Finding.RABBITMQ_RESPONDS, "give --amqp or --config");
  }

  @Test
  void theLoginNamesBothUsers() {
    fixture.assertOk(
        Finding.RABBITMQ_LOGIN,
        "user admin logs in by AMQP; user admin (administrator) in the management API");
  }

  @Test
  void aWrongPasswordFails() {
    fixture.amqp.login = new Login(LoginState.REFUSED, "ACCESS_REFUSED", "");

    CheckResult result = fixture.assertFails(Finding.RABBITMQ_LOGIN, "refuses the login of user");
    assertThat(result.remedy()).contains("rabbitmqctl change_password admin");
    assertThat(fixture.failures()).containsExactly("rabbitmq.login");
    fixture.assertSkipped(Finding.TOPOLOGY_EXCHANGES, "rabbitmq.login failed");
    fixture.assertSkipped(Finding.RABBITMQ_VERSION, "rabbitmq.login failed");
    fixture.assertSkipped(Finding.RABBITMQ_CLUSTER, "rabbitmq.login failed");
  }

  @Test
  void anyOtherFailureOfTheLoginFails() {
    fixture.amqp.login = new Login(LoginState.FAILED, "node shuts down", "");
    fixture.assertFails(Finding.RABBITMQ_LOGIN, "node shuts down");
  }

  @Test
  void aLoginThatWouldNotBeEncryptedFailsWithARemedy() {
    fixture.amqp.login = new Login(LoginState.UNENCRYPTED, "mq:5672 is not a loopback address", "");

    CheckResult result = fixture.assertFails(Finding.RABBITMQ_LOGIN, "mq:5672 is not a loopback");
    assertThat(result.remedy()).contains("amqps://", "LONGCUT_AMQP_PLAIN_TEXT");
    fixture.assertSkipped(Finding.TOPOLOGY_VHOST, "rabbitmq.login failed");
  }

  /** The processes of the user work, and leave no connection for the doctor. */
  @Test
  void aUserWithoutAFurtherConnectionIsNoFailure() {
    fixture.tenant("plant");
    fixture.amqp.login = new Login(LoginState.LIMITED, "user connection limit (4) is reached", "");
    fixture.assertSkipped(Finding.RABBITMQ_LOGIN, "allows user plant no further connection");
    fixture.assertSkipped(Finding.TOPOLOGY_VHOST, "user connection limit (4) is reached");
    assertThat(fixture.failures()).isEmpty();
  }

  @Test
  void aManagementLoginThatIsRefusedFailsInPart() {
    fixture.management.failWith(new CommandFailedException("refuses the user 'admin' with 401"));

    fixture.assertFails(Finding.RABBITMQ_LOGIN, "refuses the user 'admin' with 401");
    fixture.assertOk(Finding.TOPOLOGY_VHOST, "user admin may use vhost longcut");
    fixture.assertSkipped(Finding.TOPOLOGY_POLICIES, "refuses the login");
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.10.0", "3.13.7", "4.0.9", "4.3.0-rc.1"})
  void supportedVersionsAreWell(String version) {
    fixture.amqp.login = new Login(LoginState.LOGGED_IN, "", version);
    fixture.assertOk(Finding.RABBITMQ_VERSION, version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"4.4.0", "5.0.0"})
  void newerVersionsAreWellWithANote(String version) {
    fixture.amqp.login = new Login(LoginState.LOGGED_IN, "", version);
    fixture.assertOk(
        Finding.RABBITMQ_VERSION, version + ", which is newer than those that the relay is tested");
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.9.29", "2.8.7"})
  void olderVersionsFail(String version) {
    fixture.amqp.login = new Login(LoginState.LOGGED_IN, "", version);
    fixture.assertFails(Finding.RABBITMQ_VERSION, version);
  }

  @Test
  void anUnknownVersionIsSkipped() {
    fixture.tenant("acme").amqp.login = new Login(LoginState.LOGGED_IN, "", "");
    fixture.assertSkipped(Finding.RABBITMQ_VERSION, "does not tell its version");
  }

  @Test
  void anAlarmNamesTheNodeAndTheLimit() {
    fixture.management.alarm = Optional.of("There are alarms in effect in the cluster");
    fixture.management.element("/api/nodes", "name", "rabbit@mq-1").put("disk_free_alarm", true);
    fixture.assertFails(
        Finding.RABBITMQ_ALARMS,
        "node rabbit@mq-1 has 50 MiB of free disk space, and its limit is 100 MiB");

    fixture.management.element("/api/nodes", "name", "rabbit@mq-1").put("mem_alarm", true);
    fixture.assertFails(
        Finding.RABBITMQ_ALARMS, "rabbit@mq-1 uses 100 MiB of memory, and its limit is 1024 MiB");
  }

  @Test
  void anAlarmIsSeenBeforeTheNodesShowIt() {
    fixture.management.alarm = Optional.of("There are alarms in effect in the cluster");
    fixture.assertFails(Finding.RABBITMQ_ALARMS, "There are alarms in effect in the cluster");
  }

  @Test
  void theNodesShowAnAlarmThatHasEnded() {
    fixture.management.element("/api/nodes", "name", "rabbit@mq-1").put("mem_alarm", true);
    fixture.assertOk(Finding.RABBITMQ_ALARMS, "no alarm");
  }

  @Test
  void withoutAnAlarmAllIsWell() {
    fixture.assertOk(Finding.RABBITMQ_ALARMS, "no alarm");
  }

  @Test
  void aTenantPublishesToFindAnAlarm() {
    fixture.tenant("acme").amqp.rights = Optional.of(attempt -> true);
    fixture.assertOk(Finding.RABBITMQ_ALARMS, "RabbitMQ accepts publications");
    assertThat(fixture.amqp.publications)
        .containsExactly(
            AccessAttempt.writeKey(
                "client_cancel", "longcut-doctor-stranger." + DoctorFixture.PROBE));

    fixture.amqp.blocked = Optional.of("low on disk");
    fixture.assertFails(Finding.RABBITMQ_ALARMS, "low on disk");
  }

  @Test
  void aUserWithoutARoleCannotFindAnAlarm() {
    fixture.tenant("monitor");
    fixture.assertSkipped(Finding.RABBITMQ_ALARMS, "needs --management");
  }

  @Test
  void aLoginWithoutTheTagCannotSeeUsers() {
    fixture.management.refuse("/api/users");
    fixture.management.refuse("/api/nodes");

    assertThat(fixture.skipped())
        .containsExactly(
            "rabbitmq.alarms",
            "rabbitmq.cluster",
            "rabbitmq.balancer",
            "permissions.user",
            "permissions.wide",
            "permissions.topics");
    fixture.assertSkipped(
        Finding.PERMISSIONS_USER,
        "the management login of user admin may not read /api/users: it lacks a tag");
  }
}
