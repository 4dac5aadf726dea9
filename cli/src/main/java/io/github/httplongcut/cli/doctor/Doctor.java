package io.github.httplongcut.cli.doctor;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Runs the checks on a relay. */
final class Doctor {

  /**
   * Limits of time.
   *
   * @param check longest time of a check
   * @param run longest time of a run
   */
  record Limits(Duration check, Duration run) {

    /**
     * A check has more time than a source, so that it can name the source that did not answer, even
     * on a busy machine. A run and the start of the JVM take less than five seconds.
     */
    static final Limits USUAL = new Limits(Duration.ofSeconds(3), Duration.ofSeconds(4));

    /** For a command that does something afterwards, also on a busy machine or a slow network. */
    static final Limits PATIENT = new Limits(Duration.ofSeconds(12), Duration.ofSeconds(20));
  }

  private final List<DoctorCheck> checks;

  /**
   * @param probe random part of the names of things that do not exist in RabbitMQ
   */
  Doctor(Facts facts, Clock clock, String probe) {
    TenantRights tenant = new TenantRights(facts, probe);
    this.checks =
        Stream.of(
                new ConfigChecks(facts).all(),
                new NetworkChecks(facts).all(),
                new TlsChecks(facts, clock).all(),
                new RabbitMqChecks(facts, tenant).all(),
                new ClusterChecks(facts).all(),
                new TopologyChecks(facts).all(),
                new PermissionChecks(facts, tenant, probe).all(),
                new TargetChecks(facts, clock).all(),
                new RelayChecks(facts, clock).all(),
                List.of(new InboxCheck(facts).check()),
                new ProductionChecks(facts).all(),
                new ProductionUserChecks(facts, probe).all())
            .flatMap(List::stream)
            .sorted(Comparator.comparing(DoctorCheck::finding))
            .toList();
  }

  /** Returns all checks, in the order of the findings. */
  List<DoctorCheck> checks() {
    return checks;
  }

  /** Returns the checks that need no process of the relay. */
  List<DoctorCheck> checksBeforeStart() {
    return checks.stream().filter(check -> check.needs() == DoctorCheck.Needs.NO_PROCESS).toList();
  }

  /**
   * Runs checks.
   *
   * @param from all checks that may run
   * @param chosen categories whose results are wanted. Prerequisites in other categories run, too;
   *     of these only the failures are returned.
   */
  static DoctorReport run(List<DoctorCheck> from, Set<CheckCategory> chosen, Limits limits) {
    long start = System.nanoTime();
    List<CheckResult> results;
    try (CheckRunner runner = new CheckRunner(limits.check, limits.run)) {
      results = runner.run(withPrerequisites(from, chosen));
    }
    List<CheckResult> shown =
        results.stream()
            .filter(each -> each.failed() || chosen.contains(each.finding().category()))
            .toList();
    return new DoctorReport(shown, Duration.ofNanos(System.nanoTime() - start));
  }

  private static List<DoctorCheck> withPrerequisites(
      List<DoctorCheck> from, Set<CheckCategory> chosen) {
    Map<Finding, DoctorCheck> byFinding = new EnumMap<>(Finding.class);
    from.forEach(check -> byFinding.put(check.finding(), check));
    Set<Finding> needed = EnumSet.noneOf(Finding.class);
    for (DoctorCheck check : from) {
      if (chosen.contains(check.finding().category())) {
        add(check, byFinding, needed);
      }
    }
    List<DoctorCheck> selected = new ArrayList<>(from);
    selected.removeIf(check -> !needed.contains(check.finding()));
    return selected;
  }

  private static void add(
      DoctorCheck check, Map<Finding, DoctorCheck> byFinding, Set<Finding> needed) {
    if (needed.add(check.finding())) {
      for (Finding prerequisite : check.before()) {
        if (byFinding.containsKey(prerequisite)) {
          add(byFinding.get(prerequisite), byFinding, needed);
        }
      }
    }
  }
}
