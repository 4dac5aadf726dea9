package io.github.httplongcut.system.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Whether the machine let all processes run all the time.
 *
 * @param stoodStill for how long it did not: nobody could be on time; zero if it was steady
 */
record Machine(Duration stoodStill) {

  static final Machine STEADY = new Machine(Duration.ZERO);

  private static final Path DISK_PRESSURE = Path.of("/proc/pressure/io");
  private static final String TOTAL = " total=";

  boolean isSteady() {
    return stoodStill.isZero();
  }

  /**
   * The time since boot in which everything that had something to do waited for the disk: Linux's
   * pressure stall information, its line {@code full}. Zero if the kernel does not tell.
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
      return Duration.ZERO; // there is no such file, or it is switched off
    }
  }
}
