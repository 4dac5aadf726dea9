package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import io.github.httplongcut.cli.output.Colours;
import io.github.httplongcut.config.Role;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class DoctorReportTest {

  private static final Address ONE = new Address("mq-1", 5672);
  private static final Address TWO = new Address("mq-2", 5672);

  private final DoctorReport report =
      new DoctorReport(
          List.of(
              CheckResult.ok(Finding.CONFIG_FILE, "valid"),
              CheckResult.fail(Finding.RABBITMQ_LOGIN, "refused\033[31m", "wrong\npassword")
                  .withRemedy("set it"),
              CheckResult.skip(Finding.TOPOLOGY_VHOST, "rabbitmq.login failed")),
          Duration.ofMillis(1_260));

  @Test
  void aFailureHasItsReasonItsRemedyAndItsEntry() {
    assertThat(report.lines(Colours.HIDDEN))
        .containsExactly(
            "OK    config.file     valid",
            "FAIL  rabbitmq.login  refused [31m",
            "      why:    wrong password",
            "      remedy: set it",
            "      see:    docs/operations.md#rabbitmq-login",
            "SKIP  topology.vhost  rabbitmq.login failed",
            "1 of 3 checks failed, 1 skipped, in 1.3 s");
  }

  @Test
  void certificateThatExpiresSoonIsAFailureButHindersNoStart() {
    CheckResult soon = CheckResult.failInPart(Finding.TLS_EXPIRY, "expires soon", "in 2 days");
    DoctorReport one = new DoctorReport(List.of(soon), Duration.ZERO);

    assertThat(one.failed()).isTrue();
    assertThat(one.hindersTheStart()).isFalse();
    assertThat(report.hindersTheStart()).isTrue();
  }

  @Test
  void oneOfTwoNodesIsEnoughForAStart() {
    assertFailureThatHindersNoStart(
        "network.resolve", fixture -> fixture.network.unknownHosts.add(TWO.host()));
    assertFailureThatHindersNoStart(
        "network.rabbitmq", fixture -> fixture.network.refused.add(TWO));
    assertFailureThatHindersNoStart("rabbitmq.responds", fixture -> silence(fixture, TWO));
  }

  private static void assertFailureThatHindersNoStart(
      String finding, Consumer<DoctorFixture> fault) {
    DoctorReport report = beforeStart(fault);
    assertThat(report.results())
        .filteredOn(CheckResult::failed)
        .extracting(result -> result.finding().id())
        .containsExactly(finding);
    assertThat(report.hindersTheStart()).as(finding).isFalse();
  }

  /** Each check passes for a node, and no node passes all. */
  @Test
  void differentFaultsOfAllNodesHinderTheStart() {
    DoctorReport report =
        beforeStart(
            fixture -> {
              fixture.network.refused.add(ONE);
              fixture.amqp.greetings.put(ONE, new Greeting(Reaction.UNREACHABLE, "refused"));
              silence(fixture, TWO);
            });
    assertThat(report.hindersTheStart()).isTrue();
  }

  private static void silence(DoctorFixture fixture, Address node) {
    fixture.amqp.greetings.put(node, new Greeting(Reaction.SILENT, "frozen"));
  }

  /** Runs the checks of the way to two nodes. */
  private static DoctorReport beforeStart(Consumer<DoctorFixture> fault) {
    DoctorFixture fixture = new DoctorFixture().withoutManagement().withoutBroker();
    fixture.amqp.nodes = List.of(ONE, TWO);
    fault.accept(fixture);
    return Doctor.run(
        fixture.doctor().checksBeforeStart(),
        EnumSet.of(CheckCategory.NETWORK, CheckCategory.TLS, CheckCategory.RABBITMQ),
        DoctorFixture.LIMITS);
  }

  /** The operator copies it. */
  @Test
  void aLongCommandIsNotCut() throws Exception {
    String command = new RoleRights(Role.BROKER, "broker", "p").command("longcut").orElseThrow();
    DoctorReport one =
        new DoctorReport(
            List.of(CheckResult.fail(Finding.PERMISSIONS_USER, "", "").withRemedy(command)),
            Duration.ZERO);
    assertThat(one.lines(Colours.HIDDEN)).contains("      remedy: " + command);
  }

  @Test
  void coloursAreInAdditionToWords() {
    assertThat(report.lines(Colours.SHOWN).get(1))
        .startsWith("\033[31mFAIL\033[0m  rabbitmq.login");
  }

  @Test
  void jsonHasTheSame() {
    assertThat(report.json().toPrettyString())
        .isEqualTo(
            FakeManagement.parsed(
                    """
                {"checks": [
                  {"id": "config.file", "result": "ok", "seen": "valid"},
                  {"id": "rabbitmq.login", "result": "fail", "seen": "refused\\u001b[31m",
                   "why": "wrong\\npassword", "remedy": "set it",
                   "see": "docs/operations.md#rabbitmq-login"},
                  {"id": "topology.vhost", "result": "skip", "seen": "rabbitmq.login failed"}],
                 "failed": 1, "skipped": 1, "seconds": 1.26}""")
                .toPrettyString());
  }

  @Test
  void aReportWithoutFailuresHasNotFailed() {
    assertThat(report.failed()).isTrue();
    assertThat(new DoctorReport(report.results().subList(0, 1), Duration.ZERO).failed()).isFalse();
  }
}
