package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.Doctor.Limits;
import io.github.httplongcut.cli.sources.AmqpAccess;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** One run of the doctor on the sources that a command line names. */
public final class Examination {

  /** Stage of the relay's life. */
  enum Stage {
    BEFORE_START,
    RUNNING
  }

  /** Longest time for which a source is waited for before a start. */
  private static final Duration SOURCE_LIMIT = Duration.ofSeconds(10);

  private Examination() {}

  /**
   * Runs all checks but those of the checklist before production.
   *
   * @throws CommandFailedException if an option is invalid, or if no source is given
   */
  public static DoctorReport complete(SourceOptions sources) {
    return run(sources, Stage.RUNNING, CheckCategory.usual(), Limits.USUAL);
  }

  /** Runs the checks that need no process of the relay, for a settings file and nothing else. */
  public static DoctorReport beforeStart(Path settings) {
    return run(
        SourceOptions.ofFile(settings, SOURCE_LIMIT),
        Stage.BEFORE_START,
        CheckCategory.usual(),
        Limits.PATIENT);
  }

  /** Runs the checks of these categories. */
  static DoctorReport run(SourceOptions sources, Stage stage, Set<CheckCategory> categories) {
    return run(sources, stage, categories, Limits.USUAL);
  }

  private static DoctorReport run(
      SourceOptions sources, Stage stage, Set<CheckCategory> categories, Limits limits) {
    Optional<AmqpAccess> access = FactsReader.amqp(sources);
    if (access.isEmpty()) {
      return Doctor.run(checks(sources, Optional.empty(), stage), categories, limits);
    }
    try (LiveAmqp amqp = new LiveAmqp(access.get())) {
      return Doctor.run(checks(sources, Optional.of(amqp), stage), categories, limits);
    }
  }

  private static List<DoctorCheck> checks(
      SourceOptions sources, Optional<AmqpView> amqp, Stage stage) {
    Facts facts =
        FactsReader.read(
            sources,
            new LiveNetwork(),
            amqp,
            stage == Stage.RUNNING ? FactsReader.relay(sources) : RelayFacts.NONE);
    if (isEmpty(facts)) {
      throw CommandFailedException.usage(
          "nothing to check: give --config, --amqp, --management or --broker, or start a demo in"
              + " this checkout");
    }
    Doctor doctor = new Doctor(facts, Clock.systemUTC(), probe());
    return stage == Stage.RUNNING ? doctor.checks() : doctor.checksBeforeStart();
  }

  private static boolean isEmpty(Facts facts) {
    return facts.given().equals(Given.NO_FILE)
        && facts.amqp().isEmpty()
        && facts.management().isEmpty()
        && facts.relay().processes().isEmpty();
  }

  /** Returns a name that no process has, in the form of a process id's last part. */
  private static String probe() {
    return "doctor-" + UUID.randomUUID().toString().replace("-", "");
  }
}
