package io.github.httplongcut.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process has used so far, from {@code /proc}.
 *
 * @param cpuSeconds user and system time of all its threads
 * @param peakBytes the most that was resident since its start
 */
record Usage(double cpuSeconds, long peakBytes) {

  /** {@code USER_HZ}: 100 on every Linux that Java runs on. */
  private static final double TICKS_PER_SECOND = 100;

  // Fields of /proc/PID/stat behind the name, which may hold spaces: proc(5) counts from 1, utime
  // is 14.
  private static final int UTIME = 14 - 3;
  private static final int CHILDREN_UTIME = 16 - 3;

  /** Of a process that runs. */
  static Usage of(long pid) {
    return new Usage(seconds(pid, UTIME), peak(pid));
  }

  /** What all children of this process that have ended used. */
  static double ofEndedChildren() {
    return seconds(ProcessHandle.current().pid(), CHILDREN_UTIME);
  }

  /** What was used since then; the peak is of the whole life. */
  Usage since(Usage before) {
    return new Usage(cpuSeconds - before.cpuSeconds, peakBytes);
  }

  private static double seconds(long pid, int firstOfTwo) {
    String stat = read(pid, "stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[firstOfTwo]) + Long.parseLong(fields[firstOfTwo + 1]))
        / TICKS_PER_SECOND;
  }

  private static long peak(long pid) {
    for (String line : List.of(read(pid, "status").split("\n", -1))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new BenchException("process " + pid + " has ended");
  }

  private static String read(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new BenchException("process " + pid + " has ended", e);
    }
  }
}
