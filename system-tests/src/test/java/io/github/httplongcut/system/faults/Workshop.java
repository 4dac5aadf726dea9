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
 * Runs trials one after the other on the same bench, as long as all goes well; after a failure the
 * next one gets a new bench. Writes the table of what was seen to {@code target/faults/<name>.md}.
 */
final class Workshop implements AutoCloseable {

  private final String name;
  private final Supplier<RabbitMq> rabbitMq;
  private final Path table;
  private final Path sums;
  private FaultBench bench;
  private Heap heap;
  private int benches;

  /**
   * @param name of the table and of the logs' directory
   * @param rabbitMq starts one for each bench
   */
  Workshop(String name, Supplier<RabbitMq> rabbitMq) {
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
   * @param faults begin in this order, and end in the opposite one
   */
  TrialReport run(List<? extends Trouble> faults, Random random) {
    return run(faults, random, Trial::run);
  }

  /** The same in little time: {@link Trial#runBriefly}. */
  TrialReport runBriefly(List<? extends Trouble> faults, Random random) {
    return run(faults, random, Trial::runBriefly);
  }

  private TrialReport run(
      List<? extends Trouble> faults, Random random, Function<Trial, TrialReport> running) {
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
        heap = new Heap(bench.running());
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
   * Writes what many trials of one kind were, to {@code target/faults/<name>-sums.md}.
   *
   * @param inDoubt how many POSTs were handed on and may not have been
   */
  void sum(Trouble fault, int trials, TrialReport.Tally total, long inDoubt) {
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

  /** How often the processes of the bench, those that have ended too, have logged that event. */
  long logged(String event) {
    if (bench == null) {
      return 0;
    }
    return bench.everStarted().stream()
        .flatMap(process -> process.output().lines())
        .filter(line -> line.contains(" event=" + event + " "))
        .count();
  }

  /** After the last trial: what the processes hold more than after their first one. */
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
