package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.faults.TrialReport.Tally;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./longcut soak}: random faults in random processes, with an audit of every request. */
@Command(
    name = "longcut soak",
    mixinStandardHelpOptions = true,
    description =
        "Runs the relay under load and injects one random fault after the other, or two at once."
            + " Exits with 0 if no request violated the relay's guarantees, else with 1.")
final class Soak implements Callable<Integer> {

  private static final int ONE_PAIR_IN = 3;

  @Option(
      names = "--minutes",
      required = true,
      paramLabel = "N",
      description = "duration of the run in minutes")
  private int minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "seed of another run, to repeat its faults in the same order; default: random")
  private long seed = new Random().nextInt(1_000_000);

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "FAULT",
      description = "run only these faults, repeatedly in this order: ${COMPLETION-CANDIDATES}")
  private List<Fault> faults = List.of();

  @Option(
      names = "--cluster",
      description = "use a RabbitMQ cluster of three nodes; RabbitMQ faults stop one of the nodes")
  private boolean cluster;

  /** Exits with 0, with 1 if any trial failed, or with 2 for a usage error. */
  public static void main(String... arguments) {
    CommandLine commandLine = new CommandLine(new Soak());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    System.exit(commandLine.execute(arguments));
  }

  @Override
  public Integer call() {
    Random random = new Random(seed);
    long end = System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
    Tally total = Tally.NONE;
    int trials = 0;
    List<String> failed = new ArrayList<>();
    say("soak of %d minutes, seed %d".formatted(minutes, seed));
    try (TrialRunner runner =
        new TrialRunner(name(), cluster ? RabbitMq::cluster : RabbitMq::dedicated)) {
      while (System.nanoTime() - end < 0) {
        List<Fault> now = next(trials, random);
        trials++;
        try {
          TrialReport report = runner.run(now, new Random(random.nextLong()));
          total = total.plus(report.tally());
          say("%3d %s".formatted(trials, report.row()));
          if (!report.isClean()) {
            failed.add(trials + " " + names(now));
            report.problems().forEach(problem -> say("    " + problem));
          }
        } catch (RuntimeException | AssertionError e) { // the next trial gets a new bench
          failed.add(trials + " " + names(now));
          say("%3d %s: %s".formatted(trials, names(now), e));
        }
      }
      List<String> grown = runner.growth();
      failed.addAll(grown);
    }
    say(
        "%d trials, %d requests, %d of them failed; %d POST, %d of them run, %d run twice"
            .formatted(
                trials,
                total.requests(),
                total.failed(),
                total.posts(),
                total.postsRun(),
                total.postsRunTwice()));
    say(failed.isEmpty() ? "clean: no violations" : "NOT CLEAN: " + failed);
    return failed.isEmpty() ? 0 : 1;
  }

  private String name() {
    return (cluster ? "soak-cluster-" : "soak-") + seed;
  }

  private List<Fault> next(int trial, Random random) {
    if (!faults.isEmpty()) {
      return List.of(faults.get(trial % faults.size()));
    }
    List<Fault> all =
        Stream.of(Fault.values())
            .filter(fault -> fault != Fault.CLOCKS_A_DAY_OFF || FaultInjectors.canSetClocks())
            .toList();
    Fault first = all.get(random.nextInt(all.size()));
    List<Fault> partners =
        all.stream().filter(fault -> first != fault && first.goesWith(fault)).toList();
    if (random.nextInt(ONE_PAIR_IN) > 0 || partners.isEmpty()) {
      return List.of(first);
    }
    return Stream.of(first, partners.get(random.nextInt(partners.size()))).sorted().toList();
  }

  private static String names(List<Fault> faults) {
    return faults.toString().toLowerCase(Locale.ROOT);
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
