package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs trials one after the other on the same bench. After a failed trial, the next one gets a new
 * bench. Writes the table of results to {@code target/faults/<name>.md}.
 */
final class TrialRunner implements AutoCloseable {

  private final String name;
  private final Supplier<RabbitMq> rabbitMq;
  private final Path table;
  private final Path sums;
  private FaultBench bench;
  private HeapCheck heap;
  private int benches;

  /**
   * @param name the name of the table and of the log directory
   * @param rabbitMq starts a RabbitMQ for each bench
   */
  TrialRunner(String name, Supplier<RabbitMq> rabbitMq) {
    this.name = name;
    this.rabbitMq = rabbitMq;
    this.table = Path.of("target", "faults", name + ".md");
    this.sums = table.resolveSibling(name + "-sums.md");
    try {
      Files.createDirectories(table.getParent());
      Files.writeString(table, TrialReport.HEADER);
      Files.deleteIfExists(sums);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param faults begin in this order and end in the opposite order
   */
  TrialReport run(List<? extends FaultScenario> faults, Random random) {
    return run(faults, random, Trial::run);
  }

  /** Runs a trial with {@link Trial#runBriefly}. */
  TrialReport runBriefly(List<? extends FaultScenario> faults, Random random) {
    return run(faults, random, Trial::runBriefly);
  }

  private TrialReport run(
      List<? extends FaultScenario> faults, Random random, Function<Trial, TrialReport> running) {
    if (bench == null) {
      benches++;
      bench = new FaultBench(name + "-" + benches, rabbitMq.get());
    }
    boolean clean = false;
    try {
      TrialReport report = running.apply(new Trial(bench, faults, random));
      clean = report.isClean();
      write(report);
      if (heap == null && clean) {
        heap = new HeapCheck(bench.running());
      }
      return report;
    } finally {
      if (!clean) {
        close();
      }
    }
  }

  private void write(TrialReport report) {
    append(table, report.row() + (report.isClean() ? "" : " FAILED"));
  }

  private static void append(Path file, String line) {
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Appends the sums of many trials of one kind to {@code target/faults/<name>-sums.md}.
   *
   * @param inDoubt number of POSTs that were handed on without a confirm
   */
  void sum(FaultScenario fault, int trials, TrialReport.Tally total, long inDoubt) {
    append(
        sums,
        "| `%s` | %d | %d, %d, %d | %d, %d | %d |"
            .formatted(
                fault.name().toLowerCase(Locale.ROOT),
                trials,
                total.posts(),
                total.postsRun(),
                total.postsRunTwice(),
                total.requests(),
                total.failed(),
                inDoubt));
  }

  /**
   * The number of log lines with this event, of all processes of the bench, including ended ones.
   */
  long logged(String event) {
    if (bench == null) {
      return 0;
    }
    return bench.everStarted().stream()
        .flatMap(process -> process.output().lines())
        .filter(line -> line.contains(" event=" + event + " "))
        .count();
  }

  /** Heap growth of the processes from the first trial to the last ({@link HeapCheck#growth}). */
  List<String> growth() {
    return bench == null ? List.of() : heap.growth(bench.running());
  }

  @Override
  public void close() {
    if (bench != null) {
      bench.close();
      bench = null;
      heap = null;
    }
  }
}
