package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.TemporaryFolder;
import io.github.httplongcut.testkit.TestkitException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code longcut bench}. The launcher has installed and built its prerequisites. */
@Command(
    name = "longcut bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measures the relay on this machine, and the machine without it for comparison.")
public final class BenchCommand implements Callable<Integer> {

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "8",
      description = "duration of each step in seconds (${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "number of measurements of each step; the report shows their median (${DEFAULT-VALUE})")
  private int rounds;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all figures to FILE")
  private Path json;

  @Option(
      names = "--against",
      paramLabel = "DIR",
      description =
          "only compare this checkout's relay with that of the checkout in DIR, measured in turn")
  private Path against;

  /**
   * Parts of a run, in the order in which they run. The constants are the names on the command
   * line.
   */
  enum Part {
    load,
    idle,
    slow,
    fleet,
    hops,
    scale
  }

  @Option(
      names = "--only",
      paramLabel = "PART",
      split = ",",
      description =
          "run only these parts: ${COMPLETION-CANDIDATES}; load includes idle; scale runs only if named")
  private Set<Part> only = EnumSet.of(Part.load, Part.slow, Part.fleet, Part.hops);

  @Option(
      names = "--overload",
      description =
          "only measure the relay at 80 %% and at three times the load that it can sustain")
  private boolean overload;

  private BenchCommand() {}

  /**
   * Runs the command and exits with its code: 0; 1 if a response was wrong or lost, or a part
   * failed; 2 for a wrong command line.
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new BenchCommand()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    Path home = Checkout.root();
    Path logs = TemporaryFolder.create(home.resolve(".longcut/bench"), "run-");
    System.err.println("bench: the logs of all processes are in " + logs);
    BenchReport report = new BenchReport();
    Bench bench = new Bench(home, logs, seconds, rounds, new Wrk(home, logs), report);
    try {
      run(bench);
    } catch (BenchException | TestkitException e) {
      report.addFailure(e.getMessage()); // the report still shows the figures measured so far
    }
    report.print(System.out);
    if (json != null) {
      report.write(json);
    }
    return report.hasNoFailures() ? 0 : 1;
  }

  private void run(Bench bench) {
    if (overload) {
      new OverloadPart(bench).run();
      return;
    }
    if (against != null) {
      new LoadPart(bench, Optional.of(against.toAbsolutePath())).run();
      return;
    }
    for (Part part : only) {
      switch (part) {
        case load -> new LoadPart(bench, Optional.empty()).run();
        case idle -> new IdlePart(bench).run();
        case slow -> new SlowPart(bench).run();
        case fleet -> new FleetPart(bench).run();
        case hops -> new HopsPart(bench).run();
        case scale -> new ScalePart(bench).run();
      }
    }
  }
}
