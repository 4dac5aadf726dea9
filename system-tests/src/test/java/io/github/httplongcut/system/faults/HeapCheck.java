package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that the heap of idle processes does not grow from trial to trial. */
final class HeapCheck {

  private static final long SLACK_BYTES = 12L * 1024 * 1024;

  private final Map<RoleProcess, Long> before = new HashMap<>();

  /** Records the heap in use now. */
  HeapCheck(List<RoleProcess> processes) {
    processes.forEach(process -> before.put(process, usedAfterCollection(process)));
  }

  /**
   * A line for each process whose heap grew by more than {@link #SLACK_BYTES}; new processes are
   * ignored.
   */
  List<String> growth(List<RoleProcess> processes) {
    List<String> grown = new ArrayList<>();
    for (RoleProcess process : processes) {
      Long then = before.get(process);
      if (then != null) {
        long now = usedAfterCollection(process);
        if (now > then + SLACK_BYTES) {
          grown.add(
              "the heap of %s grew from %d KiB to %d KiB"
                  .formatted(process.name(), then >> 10, now >> 10));
        }
      }
    }
    return grown;
  }

  private static long usedAfterCollection(RoleProcess process) {
    collectGarbage(process);
    return (long)
        process
            .metrics()
            .lines()
            .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
  }

  private static void collectGarbage(RoleProcess process) {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    try {
      int exitCode =
          new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.run")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start()
              .waitFor();
      if (exitCode != 0) {
        throw new IllegalStateException(jcmd + " of " + process.name() + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
