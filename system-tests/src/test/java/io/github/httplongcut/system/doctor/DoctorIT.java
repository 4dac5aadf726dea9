package io.github.httplongcut.system.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.system.docs.MarkdownPage;
import io.github.httplongcut.system.doctor.DoctorFindings.Entry;
import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code ./longcut doctor} on a healthy relay, and on a relay with each of twelve faults. */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class DoctorIT {

  /** The doctor needs less than five seconds on a machine that is not busy with tests. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Longest time from a fault to the doctor's finding. */
  private static final Duration NOTICED = Duration.ofSeconds(30);

  /** Check of the requests of the last minute, some of which failed because of the other faults. */
  private static final String FAILED_REQUESTS = "relay.errors";

  private DoctorBench bench;

  @BeforeAll
  void startRelay() {
    bench = DoctorBench.start();
  }

  @AfterAll
  void stopRelay() {
    if (bench != null) {
      bench.close();
    }
  }

  @BeforeEach
  void awaitHealthyRelay() {
    bench.awaitWell();
  }

  /** Before the faults, since the doctor also tells of requests that failed a minute ago. */
  @Test
  @Order(1)
  void healthyRelayPassesEveryCheck() {
    DoctorFindings findings = bench.doctor(DoctorLogin.OPERATOR);

    assertThat(findings.failed()).as(findings.toString()).isEmpty();
    assertThat(findings.withResult("skip")).isEmpty();
    assertThat(findings.run().exitCode()).isZero();
    assertThat(findings.run().took()).isLessThan(LIMIT);
  }

  @ParameterizedTest
  @EnumSource(names = {"CLIENT_TENANT", "UPSTREAM_TENANT"})
  @Order(1)
  void tenantLearnsWhatNeedsTheOperatorsLogin(DoctorLogin tenant) {
    DoctorFindings findings = bench.doctor(tenant);

    assertThat(findings.failed()).as(findings.toString()).isEmpty();
    assertThat(findings.run().exitCode()).isZero();
    assertThat(findings.run().took()).isLessThan(LIMIT);
    Entry policies = findings.entries().get("topology.policies");
    assertThat(policies.result()).isEqualTo("skip");
    assertThat(policies.seen()).contains("--management");
    assertThat(findings.withResult("ok"))
        .contains("rabbitmq.login", "rabbitmq.alarms", "topology.exchanges", "permissions.user");
  }

  /** RabbitMQ closes the whole connection of a process that opens a channel too many. */
  @Test
  @Order(1)
  void doctorStaysWithinTheLimitsOfAUser() {
    DoctorFindings findings =
        withLimits(
            "{\"max-connections\": 4, \"max-channels\": 20}",
            () -> bench.doctor(DoctorLogin.UPSTREAM_TENANT));

    assertThat(findings.failed()).as(findings.toString()).isEmpty();
    assertThat(findings.withResult("ok"))
        .contains("rabbitmq.alarms", "permissions.user", "permissions.wide", "permissions.topics");
  }

  @Test
  @Order(1)
  void userWithoutAFurtherConnectionIsNoFailure() {
    DoctorFindings findings =
        withLimits("{\"max-connections\": 2}", () -> bench.doctor(DoctorLogin.UPSTREAM_TENANT));

    assertThat(findings.failed()).as(findings.toString()).isEmpty();
    assertThat(findings.entries().get("rabbitmq.login").seen()).contains("no further connection");
  }

  private DoctorFindings withLimits(String limits, Supplier<DoctorFindings> run) {
    String user = BenchUser.UPSTREAM_AGENT.login();
    bench.rabbitMq().ctl("set_user_limits", user, limits);
    try {
      return run.get();
    } finally {
      bench.rabbitMq().ctl("clear_user_limits", user, "all");
    }
  }

  @Test
  @Order(2)
  void textHasCauseRemedyAndLinkBelowTheFailure() {
    Runnable end = DoctorFault.MISSING_POLICY.inject(bench);
    try {
      ToolRun run = bench.run(DoctorLogin.OPERATOR, "doctor");

      assertThat(run.exitCode()).as(run.toString()).isEqualTo(1);
      assertThat(run.out())
          .containsPattern("(?m)^OK +rabbitmq\\.login +\\S")
          .containsSubsequence(
              "FAIL  topology.policies",
              "policy client_request is missing",
              "why:",
              "remedy: import the definitions",
              "see:    docs/operations.md#topology-policies")
          .containsPattern("(?m)^\\d+ of \\d+ checks failed");
    } finally {
      end.run();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Order(2)
  void doctorNamesCauseAndRemedy(DoctorFault fault) {
    Runnable end = fault.inject(bench);
    try {
      fault.awaitEffect(bench);
      for (DoctorLogin login : fault.logins()) {
        check(fault.expected(), awaitFinding(fault, login));
      }
    } finally {
      end.run();
    }
    bench.awaitWell();
    DoctorLogin login = fault.logins().get(0);
    await("the doctor finds nothing any more")
        .atMost(NOTICED)
        .untilAsserted(
            () ->
                assertThat(bench.doctor(login, "--only", categoryOf(fault.expected())).failed())
                    .doesNotContain(fault.expected().id()));
  }

  private DoctorFindings awaitFinding(DoctorFault fault, DoctorLogin login) {
    AtomicReference<DoctorFindings> last = new AtomicReference<>();
    await("finding of " + fault)
        .atMost(NOTICED)
        .untilAsserted(
            () -> {
              DoctorFindings findings = bench.doctor(login);
              last.set(findings);
              assertThat(findings.failed()).as(findings.toString()).contains(fault.expected().id());
            });
    return last.get();
  }

  private static void check(ExpectedFinding expected, DoctorFindings findings) {
    Entry entry = findings.entries().get(expected.id());
    assertThat(expected.cause()).allSatisfy(words -> assertThat(entry.cause()).contains(words));
    assertThat(expected.remedy()).allSatisfy(words -> assertThat(entry.remedy()).contains(words));
    Set<String> allowed = new TreeSet<>(expected.consequences());
    allowed.addAll(Set.of(expected.id(), FAILED_REQUESTS));
    assertThat(findings.failed()).as(findings.toString()).isSubsetOf(allowed);
    assertThat(findings.failed())
        .allSatisfy(id -> assertThat(findings.entries().get(id).see()).satisfies(DoctorIT::leads));
    assertThat(findings.run().exitCode()).isEqualTo(1);
    assertThat(findings.run().took()).isLessThan(LIMIT);
    assertThat(findings.run().out()).doesNotContain(BenchUser.SECRET);
    assertThat(findings.run().err()).doesNotContain(BenchUser.SECRET);
  }

  /** Checks that a link leads to an existing entry of the runbook. */
  private static void leads(String link) {
    String[] parts = link.split("#", 2);
    assertThat(parts).as(link).hasSize(2);
    try {
      assertThat(MarkdownPage.read(Checkout.file(parts[0])).anchors()).contains(parts[1]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String categoryOf(ExpectedFinding finding) {
    return finding.id().substring(0, finding.id().indexOf('.'));
  }
}
