package io.github.httplongcut.system.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The machine's pauses during a trial.
 *
 * @param paused the time for which the machine did not run the processes; zero if it was steady
 */
record Machine(Duration paused) {

  static final Machine STEADY = new Machine(Duration.ZERO);

  private static final Path DISK_PRESSURE = Path.of("/proc/pressure/io");
  private static final String TOTAL = " total=";

  boolean isSteady() {
    return paused.isZero();
  }

  /**
   * The time since boot in which all runnable processes waited for the disk: the line {@code full}
   * of Linux's pressure stall information. Zero if the kernel does not provide it.
   */
  static Duration waitedForDisk() {
    try (var lines = Files.lines(DISK_PRESSURE)) {
      long micros =
          lines
              .filter(line -> line.startsWith("full "))
              .mapToLong(
                  line -> Long.parseLong(line.substring(line.indexOf(TOTAL) + TOTAL.length())))
              .sum();
      return Duration.ofNanos(micros * 1_000);
    } catch (IOException | UncheckedIOException e) {
      return Duration.ZERO; // the file is missing, or pressure stall information is disabled
    }
  }
}
