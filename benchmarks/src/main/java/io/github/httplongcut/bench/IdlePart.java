package io.github.httplongcut.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a relay takes of the machine while nobody asks anything: all of `longcut demo`. */
final class IdlePart {

  /** A process that has just started still compiles and collects. */
  private static final Duration SETTLE = Duration.ofSeconds(5);

  private static final Duration LEAST = Duration.ofSeconds(10);

  private final Bench bench;

  IdlePart(Bench bench) {
    this.bench = bench;
  }

  void run(Relay relay) {
    List<String> command =
        List.of(bench.home().resolve("longcut").toString(), "echo", "--port", "0");
    try (Child echo = Child.start(bench.logs(), "echo", command)) {
      echo.await(() -> echo.output().contains("ready: ") ? "" : null, "being ready");
      Map<String, Long> pids = new LinkedHashMap<>(relay.pids());
      pids.put("echo", echo.pid());
      Child.pause(SETTLE);
      double before = seconds(pids);
      long from = System.nanoTime();
      Child.pause(LEAST);
      double share = 100 * (seconds(pids) - before) * 1e9 / (System.nanoTime() - from);
      bench.say("idle: %.2f %% of a core".formatted(share));
      bench.report().add(Goal.atMost(2, "idle CPU of the whole demo, % of a core", share));
    }
  }

  private static double seconds(Map<String, Long> pids) {
    return pids.values().stream().mapToDouble(pid -> Usage.of(pid).cpuSeconds()).sum();
  }
}
