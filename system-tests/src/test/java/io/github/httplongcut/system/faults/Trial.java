package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.faults.Account.Times;
import io.github.httplongcut.system.faults.Account.Violation;
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

/** One fault, or several at once, under load; with the account of every request. */
final class Trial {

  /** Normal service must be back within this after a fault's end. */
  static final Duration RECOVERY = Duration.ofSeconds(5);

  private static final int PER_SECOND = 60;
  private static final Duration SLOW = Duration.ofMillis(1_500);

  /** Before the fault: processes that answer later have just started, and are not struck yet. */
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

  /** Half of what makes a process take itself for one that stood still. */
  private static final Duration STALL = Duration.ofMillis(250);

  /**
   * So long the driver is held up, too, when it is the machine that makes a process stand still.
   */
  private static final Duration HITCH = Duration.ofMillis(100);

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final FaultBench bench;
  private final List<? extends Trouble> faults;
  private final Random random;
  private final Instant startedAt = Instant.now();

  /**
   * @param faults begin in this order, and end in the opposite one
   */
  Trial(FaultBench bench, List<? extends Trouble> faults, Random random) {
    this.bench = bench;
    this.faults = List.copyOf(faults);
    this.random = random;
  }

  /** Runs it, half a minute at most unless the fault is a long one, and says how it went. */
  TrialReport run() {
    bench.ensure(counts());
    AtRest atRest = new AtRest(bench);
    try (Driver driver = driver()) {
      driver.start();
      warmUp(driver);
      Times times = strikeAndHeal(driver);
      awaitCalm(driver, times);
      driver.finish(LAST_ANSWER);
      return report(driver, times, atRest.leftovers());
    }
  }

  /**
   * Runs it without what is about service before and after: the account of every request alone, so
   * that many trials take little time.
   */
  TrialReport runBriefly() {
    bench.ensure(counts());
    try (Driver driver = driver()) {
      driver.start();
      driver.drive(BRIEF_WARM);
      Times times = strikeAndHeal(driver);
      driver.finish(LAST_ANSWER);
      return report(driver, times, List.of());
    }
  }

  private Driver driver() {
    return new Driver(
        bench.callers(),
        bench::called,
        PER_SECOND,
        "t" + NUMBER.incrementAndGet(),
        new Random(random.nextLong())); // it draws as often as time allows
  }

  private Map<RelayPart, Integer> counts() {
    Map<RelayPart, Integer> counts = new EnumMap<>(RelayPart.class);
    for (Trouble fault : faults) {
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

  private Times strikeAndHeal(Driver driver) {
    long begin = System.nanoTime();
    Set<RoleProcess> victims = new HashSet<>();
    List<Struck> struck = new ArrayList<>();
    for (Trouble fault : faults) {
      Struck each = fault.strike().on(bench, random);
      each.victim().ifPresent(victims::add);
      struck.add(each);
    }
    driver.drive(faults.stream().map(Trouble::hold).max(Duration::compareTo).orElseThrow());
    Collections.reverse(struck);
    struck.forEach(each -> each.heal().run());
    return new Times(begin, System.nanoTime(), victims);
  }

  private static void awaitCalm(Driver driver, Times times) {
    driver.drive(WATCH);
    while (System.nanoTime() - lastBad(driver.sent(), times.end(), SLOW) < CALM.toNanos()
        && System.nanoTime() - times.end() < RECOVERY_LIMIT.toNanos()) {
      driver.drive(STEP);
    }
  }

  /** When the last request was sent that failed or was slower than that, at least {@code from}. */
  private static long lastBad(List<Sent> requests, long from, Duration slow) {
    long now = System.nanoTime();
    long last = from;
    for (Sent request : requests) {
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
    List<Sent> requests = driver.sent();
    Machine machine = machine(driver, times);
    boolean stalled = !machine.isSteady();
    // Of two faults at once, and on a machine that stands still, no process can tell what is dead
    // from what is slow; nothing is lost and nothing runs twice all the same.
    Expectation expectation =
        faults.size() > 1 || stalled ? Expectation.ALL_MAY_FAIL : faults.get(0).expectation();
    List<Violation> violations =
        new Account(
                bench.upstream()::executionsOf,
                new Evidence(bench, times.victims())::mayBeLost,
                expectation,
                times,
                machine)
            .check(requests);
    List<String> problems = new ArrayList<>();
    if (!violations.isEmpty()) {
      RequestHistory history = new RequestHistory(bench.everStarted());
      violations.forEach(each -> problems.add(each.request().id() + " " + each.what()));
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

  /** A process that stands still alone was held up by itself: that is no excuse. */
  private Machine machine(Driver driver, Times times) {
    boolean stalled =
        !driver.waitedForDisk().isZero()
            || driver.worstStall().compareTo(STALL) > 0
            || (driver.worstStall().compareTo(HITCH) > 0 && stoodStill(times));
    return stalled ? new Machine(driver.worstStall().plus(driver.waitedForDisk())) : Machine.STEADY;
  }

  /** Whether a process that nobody struck says so of itself, since the trial began. */
  private boolean stoodStill(Times times) {
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
