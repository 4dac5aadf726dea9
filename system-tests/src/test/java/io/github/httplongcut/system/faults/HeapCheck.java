package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
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
    processes.forEach(process -> before.put(process, (long) process.heapAfterGc()));
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
        long now = (long) process.heapAfterGc();
        if (now > then + SLACK_BYTES) {
          grown.add(
              "the heap of %s grew from %d KiB to %d KiB"
                  .formatted(process.name(), then >> 10, now >> 10));
        }
      }
    }
    return grown;
  }
}
