package io.github.httplongcut.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a relay takes of the machine while nobody asks anything: all of `longcut demo`. */
final class IdlePart {

  /** After a start, or a load. */
  private static final Duration SETTLE = Duration.ofSeconds(20);

  private static final Duration LEAST = Duration.ofSeconds(30);

  private final Bench bench;

  IdlePart(Bench bench) {
    this.bench = bench;
  }

  /** Of a relay of its own. */
  void run() {
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitNode rabbit = RabbitNode.start(bench.home(), bench.logs(), "rabbitmq-idle");
        BenchRelay relay =
            BenchRelay.start(
                BenchRelay.Plan.of(bench.home(), "idle ", nginx.url()), rabbit, bench.logs())) {
      run("just started", relay);
    }
  }

  /**
   * Of a relay that runs already.
   *
   * @param since what it has done so far: a process that has just started still compiles
   */
  void run(String since, BenchRelay relay) {
    List<String> command =
        List.of(bench.home().resolve("longcut").toString(), "echo", "--port", "0");
    try (Child echo = Child.start(bench.logs(), "echo", command)) {
      echo.await(() -> echo.output().contains("ready: ") ? "" : null, "being ready");
      Map<String, Long> pids = new LinkedHashMap<>(relay.pids());
      pids.put("echo", echo.pid());
      Child.pause(SETTLE);
      Map<String, Double> before = seconds(pids);
      long from = System.nanoTime();
      Child.pause(LEAST);
      double toShare = 100 * 1e9 / (System.nanoTime() - from);
      Map<String, Double> shares = new TreeMap<>();
      seconds(pids).forEach((name, now) -> shares.put(name, (now - before.get(name)) * toShare));
      shares.forEach((name, share) -> bench.say("idle: %-16s %.2f %%".formatted(name, share)));
      double share = shares.values().stream().mapToDouble(each -> each).sum();
      bench.say("idle, %s: %.2f %% of a core".formatted(since, share));
      bench
          .report()
          .add(Goal.atMost(2, "idle CPU of the whole demo, % of a core, " + since, share));
    }
  }

  private static Map<String, Double> seconds(Map<String, Long> pids) {
    Map<String, Double> seconds = new HashMap<>();
    pids.forEach((name, pid) -> seconds.put(name, Usage.of(pid).cpuSeconds()));
    return seconds;
  }
}
