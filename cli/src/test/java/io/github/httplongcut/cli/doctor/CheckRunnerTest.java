package io.github.httplongcut.cli.doctor;

import static io.github.httplongcut.cli.doctor.Finding.CONFIG_FILE;
import static io.github.httplongcut.cli.doctor.Finding.CONFIG_SECRETS;
import static io.github.httplongcut.cli.doctor.Finding.NETWORK_RABBITMQ;
import static io.github.httplongcut.cli.doctor.Finding.NETWORK_RESOLVE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.CheckResult.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CheckRunnerTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final CountDownLatch never = new CountDownLatch(1);

  @Test
  void independentChecksRunAtTheSameTime() {
    CyclicBarrier together = new CyclicBarrier(2);

    List<CheckResult> results =
        run(LONG, LONG, meets(CONFIG_FILE, together), meets(NETWORK_RESOLVE, together));

    assertThat(results).extracting(CheckResult::status).containsExactly(Status.OK, Status.OK);
  }

  private static DoctorCheck meets(Finding finding, CyclicBarrier barrier) {
    return DoctorCheck.of(
        finding,
        () -> {
          barrier.await(20, TimeUnit.SECONDS);
          return CheckResult.ok(finding, "met");
        });
  }

  @Test
  void aFailureSkipsAllThatDependsOnIt() {
    List<CheckResult> results =
        run(
            LONG,
            LONG,
            DoctorCheck.of(CONFIG_FILE, () -> CheckResult.fail(CONFIG_FILE, "bad", "why")),
            ok(NETWORK_RESOLVE, CONFIG_FILE),
            ok(NETWORK_RABBITMQ, NETWORK_RESOLVE),
            ok(CONFIG_SECRETS));

    assertThat(results)
        .containsExactly(
            CheckResult.fail(CONFIG_FILE, "bad", "why"),
            CheckResult.skip(NETWORK_RESOLVE, "config.file failed"),
            CheckResult.skip(NETWORK_RABBITMQ, "config.file failed"),
            CheckResult.ok(CONFIG_SECRETS, ""));
  }

  @Test
  void aFailureInPartSkipsNothing() {
    List<CheckResult> results =
        run(
            LONG,
            LONG,
            DoctorCheck.of(CONFIG_FILE, () -> CheckResult.failInPart(CONFIG_FILE, "bad", "why")),
            ok(NETWORK_RESOLVE, CONFIG_FILE));

    assertThat(results.get(1)).isEqualTo(CheckResult.ok(NETWORK_RESOLVE, ""));
  }

  @Test
  void aFailureIsSkippedIfItsCauseFailed() {
    DoctorCheck consequence =
        DoctorCheck.of(CONFIG_SECRETS, () -> CheckResult.fail(CONFIG_SECRETS, "effect", "why"))
            .causedBy(NETWORK_RABBITMQ, CONFIG_FILE, NETWORK_RESOLVE);

    List<CheckResult> results =
        run(
            LONG,
            LONG,
            consequence,
            DoctorCheck.of(CONFIG_FILE, () -> CheckResult.failInPart(CONFIG_FILE, "bad", "why")),
            ok(NETWORK_RESOLVE),
            ok(NETWORK_RABBITMQ, NETWORK_RESOLVE));

    assertThat(results.get(0))
        .isEqualTo(
            CheckResult.skip(CONFIG_SECRETS, "config.file failed, which may be the cause: effect"));
  }

  @Test
  void aFailureStaysIfNoCauseFailed() {
    CheckResult failure = CheckResult.fail(CONFIG_SECRETS, "effect", "why");
    DoctorCheck check = DoctorCheck.of(CONFIG_SECRETS, () -> failure).causedBy(CONFIG_FILE);

    assertThat(run(LONG, LONG, check)).containsExactly(failure);
    assertThat(run(LONG, LONG, check, ok(CONFIG_FILE)).get(0)).isEqualTo(failure);
  }

  @Test
  void aCheckThatPassesNeedsNoCause() {
    DoctorCheck check = ok(CONFIG_SECRETS).causedBy(CONFIG_FILE);
    DoctorCheck cause =
        DoctorCheck.of(CONFIG_FILE, () -> CheckResult.fail(CONFIG_FILE, "bad", "why"));

    assertThat(run(LONG, LONG, check, cause).get(0)).isEqualTo(CheckResult.ok(CONFIG_SECRETS, ""));
  }

  @Test
  void thePrerequisiteMayFollow() {
    List<CheckResult> results = run(LONG, LONG, ok(NETWORK_RESOLVE, CONFIG_FILE), ok(CONFIG_FILE));
    assertThat(results).extracting(CheckResult::status).containsExactly(Status.OK, Status.OK);
  }

  @Test
  void aMissingPrerequisiteCountsAsPassed() {
    assertThat(run(LONG, LONG, ok(NETWORK_RESOLVE, CONFIG_FILE)))
        .containsExactly(CheckResult.ok(NETWORK_RESOLVE, ""));
  }

  @Test
  void aCheckThatHangsFails() {
    List<CheckResult> results =
        run(
            Duration.ofMillis(200),
            LONG,
            hangs(CONFIG_FILE),
            ok(NETWORK_RESOLVE, CONFIG_FILE),
            ok(CONFIG_SECRETS));

    assertThat(results.get(0).status()).isEqualTo(Status.FAIL);
    assertThat(results.get(0).seen()).isEqualTo("did not answer within 0.2 s");
    assertThat(results.get(0).remedy()).contains("run the doctor again");
    assertThat(results.get(1)).isEqualTo(CheckResult.skip(NETWORK_RESOLVE, "config.file failed"));
    assertThat(results.get(2)).isEqualTo(CheckResult.ok(CONFIG_SECRETS, ""));
  }

  @Test
  void theRunEndsInTime() {
    long start = System.nanoTime();

    List<CheckResult> results =
        run(LONG, Duration.ofMillis(300), hangs(CONFIG_FILE), ok(NETWORK_RESOLVE));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    assertThat(results.get(0).failed()).isTrue();
  }

  @Test
  void whatNeedsALoginIsSkippedWithTheReason() {
    DoctorCheck check =
        DoctorCheck.of(
            CONFIG_FILE,
            () -> {
              throw new SkippedException("no login");
            });
    assertThat(run(LONG, LONG, check)).containsExactly(CheckResult.skip(CONFIG_FILE, "no login"));
  }

  @Test
  void anExceptionIsAFailure() {
    DoctorCheck check =
        DoctorCheck.of(
            CONFIG_FILE,
            () -> {
              throw new IllegalStateException("of this test");
            });
    assertThat(run(LONG, LONG, check))
        .containsExactly(CheckResult.fail(CONFIG_FILE, "no result", "of this test"));
  }

  private DoctorCheck hangs(Finding finding) {
    return DoctorCheck.of(
        finding,
        () -> {
          never.await();
          return CheckResult.ok(finding, "");
        });
  }

  private static DoctorCheck ok(Finding finding, Finding... prerequisites) {
    return DoctorCheck.of(finding, () -> CheckResult.ok(finding, ""), prerequisites);
  }

  private static List<CheckResult> run(
      Duration checkLimit, Duration runLimit, DoctorCheck... checks) {
    try (CheckRunner runner = new CheckRunner(checkLimit, runLimit)) {
      return runner.run(List.of(checks));
    }
  }
}
