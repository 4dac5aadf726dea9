package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.RabbitMqNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Measures the CPU time of an idle relay: all processes of {@code longcut demo}. */
final class IdlePart {

  /** Pause after the start or a load, before the measurement. */
  private static final Duration SETTLE = Duration.ofSeconds(20);

  private static final Duration MEASUREMENT = Duration.ofSeconds(30);
  private static final Pattern READY = Pattern.compile("ready: ");

  private final Bench bench;

  IdlePart(Bench bench) {
    this.bench = bench;
  }

  /** Starts a relay and measures it. */
  void run() {
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitMqNode rabbit = bench.startRabbitMq("rabbitmq-idle");
        BenchRelay relay =
            BenchRelay.start(
                BenchRelay.Plan.of(bench.home(), "idle ", nginx.url()), rabbit, bench.logs())) {
      run("just started", relay);
    }
  }

  /**
   * Measures a running relay.
   *
   * @param state what the relay did before, for the report: a JVM that has just started still
   *     compiles
   */
  void run(String state, BenchRelay relay) {
    List<String> command =
        List.of(bench.home().resolve("longcut").toString(), "echo", "--port", "0");
    try (ChildProcess echo = Children.start(bench.logs(), "echo", command)) {
      echo.awaitOutput(READY, Children.START_TIMEOUT);
      Map<String, Long> pids = new LinkedHashMap<>(relay.pids());
      pids.put("echo", echo.pid());
      Children.pause(SETTLE);
      Map<String, Double> before = seconds(pids);
      long from = System.nanoTime();
      Children.pause(MEASUREMENT);
      double toShare = 100 * 1e9 / (System.nanoTime() - from);
      Map<String, Double> shares = new TreeMap<>();
      seconds(pids).forEach((name, now) -> shares.put(name, (now - before.get(name)) * toShare));
      shares.forEach((name, share) -> bench.say("idle: %-16s %.2f %%".formatted(name, share)));
      double share = shares.values().stream().mapToDouble(each -> each).sum();
      bench.say("idle, %s: %.2f %% of a core".formatted(state, share));
      bench
          .report()
          .add(Goal.atMost(2, "idle CPU of the whole demo, % of a core, " + state, share));
    }
  }

  private static Map<String, Double> seconds(Map<String, Long> pids) {
    Map<String, Double> seconds = new HashMap<>();
    pids.forEach((name, pid) -> seconds.put(name, Usage.of(pid).cpuSeconds()));
    return seconds;
  }
}
