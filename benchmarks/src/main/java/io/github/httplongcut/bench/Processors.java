package io.github.httplongcut.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Some of the machine's processors, which processes can be bound to. */
final class Processors {

  private static final Path OWN_STATUS = Path.of("/proc/self/status");
  private static final String ALLOWED = "Cpus_allowed_list:";
  private static final Duration BINDING = Duration.ofSeconds(10);

  private final List<Integer> numbers;

  private Processors(List<Integer> numbers) {
    this.numbers = numbers;
  }

  /** Those that this process may run on now. */
  static Processors allowed() {
    try (var lines = Files.lines(OWN_STATUS)) {
      String list =
          lines
              .filter(line -> line.startsWith(ALLOWED))
              .map(line -> line.substring(ALLOWED.length()).strip())
              .findFirst()
              .orElseThrow(() -> new BenchException("no " + ALLOWED + " in " + OWN_STATUS));
      return new Processors(parse(list));
    } catch (IOException e) {
      throw new BenchException("cannot read " + OWN_STATUS, e);
    }
  }

  /** Such as {@code 0-3,8}. */
  private static List<Integer> parse(String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", -1);
      int first = Integer.parseInt(ends[0]);
      int last = Integer.parseInt(ends[ends.length - 1]);
      IntStream.rangeClosed(first, last).forEach(numbers::add);
    }
    return numbers;
  }

  int count() {
    return numbers.size();
  }

  Processors firstHalf() {
    return new Processors(numbers.subList(0, numbers.size() / 2));
  }

  Processors secondHalf() {
    return new Processors(numbers.subList(numbers.size() / 2, numbers.size()));
  }

  /** All threads of a process, and what they start from now on: {@code taskset(1)}. */
  void bind(long pid, Path logs) {
    String list = numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    Child.run(
        logs,
        "taskset",
        BINDING,
        List.of("taskset", "--all-tasks", "--cpu-list", "--pid", list, Long.toString(pid)));
  }
}
