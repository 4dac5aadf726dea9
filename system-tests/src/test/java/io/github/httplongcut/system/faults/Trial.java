package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.faults.RequestAudit.Times;
import io.github.httplongcut.system.faults.RequestAudit.Violation;
import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** One fault or several simultaneous faults under load, with an audit of every request. */
final class Trial {

  /** Maximum time from the end of the faults to normal service. */
  static final Duration RECOVERY = Duration.ofSeconds(5);

  private static final int PER_SECOND = 60;

  /** Rates for processes that have all just been started and have compiled nothing yet. */
  private static final List<Integer> PER_SECOND_AT_FIRST = List.of(15, 30, PER_SECOND);

  private static final Duration SLOW = Duration.ofMillis(1_500);

  /**
   * Limit for a slow response before the fault, where slow means that processes have just started.
   */
  private static final Duration SLOW_AT_FIRST = Duration.ofMillis(300);

  private static final Duration WARM = Duration.ofMillis(1_500);
  private static final Duration BRIEF_WARM = Duration.ofMillis(500);
  private static final Duration CALM = Duration.ofMillis(1_500);
  private static final Duration WATCH = Duration.ofMillis(2_500);
  private static final Duration STEP = Duration.ofMillis(200);
  private static final Duration WARM_UP_LIMIT = Duration.ofSeconds(30);
  private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(20);
  private static final Duration LAST_ANSWER =
      Duration.ofSeconds(2L * FaultBench.REQUEST_TIMEOUT_SECONDS + 5);
  private static final int HISTORIES = 3;

  /** Half of the pause after which a process logs {@code stood_still}. */
  private static final Duration STALL = Duration.ofMillis(250);

  /** Minimum pause of the driver if the machine, and not the process itself, paused a process. */
  private static final Duration HITCH = Duration.ofMillis(100);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final FaultBench bench;
  private final List<? extends FaultScenario> faults;
  private final Random random;
  private final Instant startedAt = Instant.now();

  /**
   * @param faults begin in this order and end in the opposite order
   */
  Trial(FaultBench bench, List<? extends FaultScenario> faults, Random random) {
    this.bench = bench;
    this.faults = List.copyOf(faults);
    this.random = random;
  }

  /**
   * Runs the trial and returns its report. Takes at most half a minute unless the fault is long, or
   * the processes are new.
   */
  TrialReport run() {
    if (bench.ensure(counts())) {
      warmUpAtFirst();
    }
    IdleCheck idleCheck = new IdleCheck(bench);
    try (Driver driver = driver(PER_SECOND, random)) {
      driver.start();
      warmUp(driver);
      Times times = injectAndHeal(driver);
      awaitCalm(driver, times);
      driver.finish(LAST_ANSWER);
      return report(driver, times, idleCheck.leftovers());
    }
  }

  /**
   * Runs the trial without the checks of normal service and of leftovers, so that many trials take
   * little time.
   */
  TrialReport runBriefly() {
    if (bench.ensure(counts())) {
      warmUpAtFirst();
    }
    try (Driver driver = driver(PER_SECOND, random)) {
      driver.start();
      driver.drive(BRIEF_WARM);
      Times times = injectAndHeal(driver);
      driver.finish(LAST_ANSWER);
      return report(driver, times, List.of());
    }
  }

  /**
   * Sends more and more requests, each time until all are answered quickly. On a slow machine the
   * usual rate is at first too much for six JVMs that compile at once. Nothing is expected of these
   * requests.
   */
  private void warmUpAtFirst() {
    for (int perSecond : PER_SECOND_AT_FIRST) {
      // Not the trial's random: its victims must not depend on whether the processes are new.
      try (Driver driver = driver(perSecond, new Random(perSecond))) {
        driver.start();
        warmUp(driver);
        driver.finish(LAST_ANSWER);
      }
    }
  }

  private Driver driver(int perSecond, Random seeds) {
    return new Driver(
        bench.callers(),
        bench::loadBalanced,
        perSecond,
        "t" + NUMBER.incrementAndGet(),
        new Random(
            seeds.nextLong())); // a separate one, since the number of its draws depends on time
  }

  private Map<RelayPart, Integer> counts() {
    Map<RelayPart, Integer> counts = new EnumMap<>(RelayPart.class);
    for (FaultScenario fault : faults) {
      fault.counts().forEach((part, count) -> counts.merge(part, count, Math::min));
    }
    return counts;
  }

  private static void warmUp(Driver driver) {
    long from = System.nanoTime();
    driver.drive(WARM);
    while (System.nanoTime() - lastBad(driver.sent(), from, SLOW_AT_FIRST) < CALM.toNanos()
        && System.nanoTime() - from < WARM_UP_LIMIT.toNanos()) {
      driver.drive(STEP);
    }
  }

  private Times injectAndHeal(Driver driver) {
    long begin = System.nanoTime();
    Set<RoleProcess> victims = new HashSet<>();
    List<InjectedFault> injected = new ArrayList<>();
    for (FaultScenario fault : faults) {
      InjectedFault each = fault.injector().inject(bench, random);
      each.victim().ifPresent(victims::add);
      injected.add(each);
    }
    driver.drive(faults.stream().map(FaultScenario::hold).max(Duration::compareTo).orElseThrow());
    Collections.reverse(injected);
    injected.forEach(each -> each.heal().run());
    return new Times(begin, System.nanoTime(), victims);
  }

  private static void awaitCalm(Driver driver, Times times) {
    driver.drive(WATCH);
    while (System.nanoTime() - lastBad(driver.sent(), times.end(), SLOW) < CALM.toNanos()
        && System.nanoTime() - times.end() < RECOVERY_LIMIT.toNanos()) {
      driver.drive(STEP);
    }
  }

  /**
   * The time at which the last failed or slow request was sent; {@code from} if there is none after
   * it.
   */
  private static long lastBad(List<SentRequest> requests, long from, Duration slow) {
    long now = System.nanoTime();
    long last = from;
    for (SentRequest request : requests) {
      boolean bad =
          request.nanos(now) > slow.toNanos()
              || (request.answer().isPresent() && !request.isSuccess());
      if (bad && request.sentAt() - last > 0) {
        last = request.sentAt();
      }
    }
    return last;
  }

  private TrialReport report(Driver driver, Times times, List<String> leftovers) {
    List<SentRequest> requests = driver.sent();
    Machine machine = machine(driver, times);
    boolean stalled = !machine.isSteady();
    // With two simultaneous faults, or on a paused machine, no process can tell a dead one from a
    // slow one, so any request may fail. The audit's guarantees still hold.
    Expectation expectation =
        faults.size() > 1 || stalled ? Expectation.ALL_MAY_FAIL : faults.get(0).expectation();
    List<Violation> violations =
        new RequestAudit(
                bench.upstream()::executionsOf,
                new LossEvidence(bench, times.victims())::mayBeLost,
                expectation,
                times,
                machine)
            .check(requests);
    List<String> problems = new ArrayList<>();
    if (!violations.isEmpty()) {
      RequestHistory history = new RequestHistory(bench.everStarted());
      violations.forEach(each -> problems.add(each.request().id() + " " + each.description()));
      violations.stream()
          .limit(HISTORIES)
          .forEach(each -> problems.add(history.of(each.request(), bench.upstream())));
    }
    Duration normalAfter = Duration.ofNanos(lastBad(requests, times.end(), SLOW) - times.end());
    if (normalAfter.compareTo(RECOVERY) > 0 && !stalled) {
      problems.add("normal service only after " + normalAfter.toMillis() + " ms");
    }
    problems.addAll(leftovers);
    return TrialReport.of(name(), requests, bench.upstream(), machine, normalAfter, problems);
  }

  /**
   * Finds pauses of the machine. A pause of one process alone is not the machine's fault and
   * excuses nothing.
   */
  private Machine machine(Driver driver, Times times) {
    boolean stalled =
        !driver.waitedForDisk().isZero()
            || driver.worstStall().compareTo(STALL) > 0
            || (driver.worstStall().compareTo(HITCH) > 0 && anyProcessPaused(times));
    return stalled ? new Machine(driver.worstStall().plus(driver.waitedForDisk())) : Machine.STEADY;
  }

  /**
   * Returns whether a process that is not a victim logged {@code stood_still} since the trial
   * began.
   */
  private boolean anyProcessPaused(Times times) {
    Instant from = startedAt.minus(STALL);
    return bench.running().stream()
        .filter(process -> !times.victims().contains(process))
        .flatMap(process -> process.output().lines())
        .filter(line -> line.contains(" event=stood_still "))
        .anyMatch(line -> RequestHistory.timeOf(line).isAfter(from));
  }

  private String name() {
    return faults.stream()
        .map(fault -> "`" + fault.name().toLowerCase(Locale.ROOT) + "`")
        .collect(Collectors.joining(" + "));
  }
}
