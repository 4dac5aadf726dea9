package io.github.httplongcut.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CPU time and peak memory of a process, from {@code /proc}.
 *
 * @param cpuSeconds user and system time of all threads
 * @param peakBytes peak resident memory since the process's start
 */
record Usage(double cpuSeconds, long peakBytes) {

  /** {@code USER_HZ}, which is 100 on every Linux that Java supports. */
  private static final double TICKS_PER_SECOND = 100;

  // Indexes among the fields of /proc/PID/stat that follow the name, which may contain spaces. By
  // proc(5), utime is field 14, counted from 1.
  private static final int UTIME = 14 - 3;
  private static final int CHILDREN_UTIME = 16 - 3;

  /** Reads the usage of a running process. */
  static Usage of(long pid) {
    return new Usage(seconds(pid, UTIME), peak(pid));
  }

  /** Returns the CPU seconds of all children of this process that have ended. */
  static double cpuSecondsOfEndedChildren() {
    return seconds(ProcessHandle.current().pid(), CHILDREN_UTIME);
  }

  /** Returns the CPU time since {@code before}, with the peak memory since the process's start. */
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
