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

/** {@code ./longcut soak}: random faults on random processes, with the account of every request. */
@Command(
    name = "longcut soak",
    mixinStandardHelpOptions = true,
    description =
        "Runs the relay under load and breaks one part of it after the other, or two at once."
            + " Ends with 0 if every request was accounted for, else with 1.")
final class Soak implements Callable<Integer> {

  private static final int ONE_PAIR_IN = 3;

  @Option(names = "--minutes", required = true, paramLabel = "N", description = "how long")
  private int minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "the same faults in the same order as another run; default: a random one")
  private long seed = new Random().nextInt(1_000_000);

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "FAULT",
      description = "only these, in this order, again and again: ${COMPLETION-CANDIDATES}")
  private List<Fault> faults = List.of();

  @Option(
      names = "--cluster",
      description = "on a RabbitMQ cluster of three nodes; what stops and starts is one of them")
  private boolean cluster;

  /** Exits with 0, with 1 if anything was wrong, or with 2 for a usage error. */
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
    try (Workshop workshop =
        new Workshop(name(), cluster ? RabbitMq::cluster : RabbitMq::dedicated)) {
      while (System.nanoTime() - end < 0) {
        List<Fault> now = next(trials, random);
        trials++;
        try {
          TrialReport report = workshop.run(now, new Random(random.nextLong()));
          total = total.plus(report.tally());
          say("%3d %s".formatted(trials, report.row()));
          if (!report.isClean()) {
            failed.add(trials + " " + names(now));
            report.problems().forEach(problem -> say("    " + problem));
          }
        } catch (RuntimeException | AssertionError e) { // the next one gets a new bench
          failed.add(trials + " " + names(now));
          say("%3d %s: %s".formatted(trials, names(now), e));
        }
      }
      List<String> grown = workshop.growth();
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
    say(failed.isEmpty() ? "clean: all is accounted for" : "NOT CLEAN: " + failed);
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
            .filter(fault -> fault != Fault.CLOCKS_A_DAY_OFF || Strikes.canSetClocks())
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
