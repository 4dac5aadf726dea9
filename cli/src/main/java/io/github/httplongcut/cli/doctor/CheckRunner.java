package io.github.httplongcut.cli.doctor;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.github.httplongcut.cli.doctor.CheckResult.Status;
import io.github.httplongcut.cli.sources.Reasons;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs checks in parallel, each as soon as its prerequisites are over. Skips a check if one of them
 * failed or was skipped, and the failure of a check if one of its causes failed. A check that takes
 * too long fails, and the run goes on without it.
 */
final class CheckRunner implements AutoCloseable {

  private final Duration checkLimit;
  private final Duration runLimit;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "doctor check");
            thread.setDaemon(true); // a check that hangs does not keep the process alive
            return thread;
          });

  /**
   * @param checkLimit longest time of a check
   * @param runLimit longest time of a run
   */
  CheckRunner(Duration checkLimit, Duration runLimit) {
    this.checkLimit = checkLimit;
    this.runLimit = runLimit;
  }

  /**
   * Runs the checks and returns their results in the same order.
   *
   * @param checks a prerequisite that is not among them counts as passed
   */
  List<CheckResult> run(Collection<DoctorCheck> checks) {
    long end = System.nanoTime() + runLimit.toNanos();
    Map<Finding, CompletableFuture<CheckResult>> results = new EnumMap<>(Finding.class);
    checks.forEach(check -> results.put(check.finding(), new CompletableFuture<>()));
    for (DoctorCheck check : checks) {
      List<CompletableFuture<CheckResult>> before = of(check.prerequisites(), results);
      List<CompletableFuture<CheckResult>> causes = of(check.causes(), results);
      CompletableFuture<CheckResult> own = new CompletableFuture<>();
      CompletableFuture<Void> unused = // its outcome is the result of the check
          CompletableFuture.allOf(
              all(before).thenRunAsync(() -> start(check, before, end, own), threads),
              own.thenCombine(all(causes), (result, nothing) -> explained(result, causes))
                  .thenAccept(results.get(check.finding())::complete));
    }
    return checks.stream().map(check -> results.get(check.finding()).join()).toList();
  }

  private static List<CompletableFuture<CheckResult>> of(
      Collection<Finding> findings, Map<Finding, CompletableFuture<CheckResult>> results) {
    return findings.stream().filter(results::containsKey).map(results::get).toList();
  }

  private static CompletableFuture<Void> all(List<CompletableFuture<CheckResult>> results) {
    return CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0]));
  }

  /** Skips a failure if one of its causes failed, so that the causes stand out. */
  private static CheckResult explained(
      CheckResult result, List<CompletableFuture<CheckResult>> causes) {
    return causes.stream()
        .map(CompletableFuture::join)
        .filter(cause -> result.failed() && cause.failed())
        .min(Comparator.comparing(CheckResult::finding))
        .map(
            cause ->
                CheckResult.skip(
                    result.finding(),
                    cause.finding().id() + " failed, which may be the cause: " + result.seen()))
        .orElse(result);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  /**
   * Runs the check on the current thread. If it takes too long, completes the result without
   * waiting for the thread.
   */
  private void start(
      DoctorCheck check,
      List<CompletableFuture<CheckResult>> before,
      long end,
      CompletableFuture<CheckResult> result) {
    Optional<CheckResult> obstacle =
        before.stream()
            .map(CompletableFuture::join)
            .filter(each -> !each.allowsDependents())
            .min(Comparator.comparing(CheckResult::status).thenComparing(CheckResult::finding));
    long left = Math.min(checkLimit.toNanos(), end - System.nanoTime());
    if (obstacle.isPresent()) {
      result.complete(CheckResult.skip(check.finding(), because(obstacle.get())));
    } else if (left <= 0) {
      result.complete(
          CheckResult.skip(
              check.finding(), "no time left, since other checks took " + seconds(runLimit)));
    } else {
      result.completeOnTimeout(tooSlow(check, Duration.ofNanos(left)), left, NANOSECONDS);
      result.complete(resultOf(check));
    }
  }

  /** Names the first cause, and not the check in between. */
  private static String because(CheckResult obstacle) {
    return obstacle.status() == Status.SKIP ? obstacle.seen() : obstacle.finding().id() + " failed";
  }

  private static CheckResult resultOf(DoctorCheck check) {
    try {
      return check.look().look();
    } catch (SkippedException e) {
      return CheckResult.skip(check.finding(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CheckResult.skip(check.finding(), "interrupted");
    } catch (Exception e) {
      return CheckResult.fail(check.finding(), "no result", Reasons.of(e));
    }
  }

  private static CheckResult tooSlow(DoctorCheck check, Duration limit) {
    return CheckResult.fail(
            check.finding(),
            "did not answer within " + seconds(limit),
            "a source is frozen or overloaded, or the network drops packets")
        .withRemedy(
            "look at rabbitmq.responds and relay.inboxes, which name a source that is frozen; if"
                + " nothing is, run the doctor again when this machine is less busy");
  }

  /** Returns a time for the user: {@code 2 s}, {@code 1.5 s}. */
  static String seconds(Duration time) {
    long tenths = Math.round(time.toMillis() / 100.0);
    return tenths % 10 == 0 ? tenths / 10 + " s" : tenths / 10 + "." + tenths % 10 + " s";
  }
}
