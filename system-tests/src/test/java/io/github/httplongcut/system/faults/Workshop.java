package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Runs trials one after the other on the same bench, as long as all goes well; after a failure the
 * next one gets a new bench. Writes the table of what was seen to {@code target/faults/<name>.md}.
 */
final class Workshop implements AutoCloseable {

  private final String name;
  private final Supplier<RabbitMq> rabbitMq;
  private final Path table;
  private Bench bench;
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
    try {
      Files.createDirectories(table.getParent());
      Files.writeString(table, Report.HEADER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param faults begin in this order, and end in the opposite one
   */
  Report run(List<? extends Trouble> faults, Random random) {
    if (bench == null) {
      benches++;
      bench = new Bench(name + "-" + benches, rabbitMq.get());
    }
    boolean clean = false;
    try {
      Report report = new Trial(bench, faults, random).run();
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

  private void write(Report report) {
    try {
      Files.writeString(
          table,
          report.row() + (report.isClean() ? "" : " FAILED") + "\n",
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
