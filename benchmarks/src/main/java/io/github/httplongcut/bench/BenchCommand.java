package io.github.httplongcut.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longcut bench}; the launcher has seen to it that everything it needs is there. */
@Command(
    name = "longcut bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measures the relay on this machine, beside what the machine can do without it.")
public final class BenchCommand implements Callable<Integer> {

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "8",
      description = "how long each step is (${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "how often each step is measured; medians count (${DEFAULT-VALUE})")
  private int rounds;

  @Option(names = "--json", paramLabel = "FILE", description = "write all figures there as well")
  private Path json;

  @Option(
      names = "--against",
      paramLabel = "DIR",
      description = "measure the relay of another checkout by turns with this one's; nothing else")
  private Path against;

  /** Parts of a whole run, in their order. */
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
          "only these parts, of ${COMPLETION-CANDIDATES}; load has idle in it, scale is not in a whole run")
  private Set<Part> only = EnumSet.of(Part.load, Part.slow, Part.fleet, Part.hops);

  @Option(
      names = "--overload",
      description = "three times what the system carries, and 80 %% of it; nothing else")
  private boolean overload;

  private BenchCommand() {}

  /** Runs it and exits: 0, or 1 if an answer was wrong or lost, or 2 if the command is. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new BenchCommand()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    Path home = Path.of(System.getProperty("longcut.home"));
    Path logs =
        Files.createTempDirectory(Files.createDirectories(home.resolve(".longcut/bench")), "run-");
    System.err.println("bench: what the processes print is in " + logs);
    BenchReport report = new BenchReport();
    Bench bench = new Bench(home, logs, seconds, rounds, new Wrk(home, logs), report);
    try {
      run(bench);
    } catch (BenchException e) {
      report.wrong(e.getMessage()); // what was measured before is shown all the same
    }
    report.print(System.out);
    if (json != null) {
      report.write(json);
    }
    return report.allRight() ? 0 : 1;
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
