package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Row.Cost;
import io.github.httplongcut.bench.Row.Latency;
import io.github.httplongcut.bench.Row.Messages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** A load on one server, measured once per round. */
final class Step {

  private record Round(
      Wrk.Result wrk, Map<String, Usage> used, double generatorSeconds, double messages) {}

  private final String name;
  private final String url;
  private final Wrk.Load load;
  private final Map<String, Long> pids;
  private final Optional<BenchRelay> relay;
  private final List<Round> rounds = new ArrayList<>();
  private final Map<String, Double> firstPeaks = new HashMap<>();
  private double countedByRabbit;

  private Step(
      String name, String url, Wrk.Load load, Map<String, Long> pids, Optional<BenchRelay> relay) {
    this.name = name;
    this.url = url;
    this.load = load;
    this.pids = pids;
    this.relay = relay;
  }

  /** Creates a step that sends requests directly to nginx. */
  static Step direct(String name, NginxServer nginx, Wrk.Load load) {
    return new Step(name, nginx.url(), load, Map.of("nginx", nginx.pid()), Optional.empty());
  }

  /**
   * Creates a step that sends requests through a relay.
   *
   * @param upstream name and pid of the process behind the relay
   */
  static Step relayed(String name, BenchRelay relay, Map<String, Long> upstream, Wrk.Load load) {
    Map<String, Long> pids = new LinkedHashMap<>(relay.pids());
    pids.putAll(upstream);
    return new Step(name, relay.url(), load, pids, Optional.of(relay));
  }

  /** Measures one round. */
  void run(Bench bench) {
    boolean first = rounds.isEmpty();
    long countedBefore = first ? relay.map(BenchRelay::countedByRabbitMq).orElse(0L) : 0;
    long publishedBefore = relay.map(BenchRelay::published).orElse(0L);
    Map<String, Usage> before = usages();
    double generatorBefore = Usage.cpuSecondsOfEndedChildren();

    Wrk.Result result = bench.wrk().run(url, load, bench.seconds());

    double generator = Usage.cpuSecondsOfEndedChildren() - generatorBefore;
    Map<String, Usage> used = new HashMap<>();
    usages().forEach((process, usage) -> used.put(process, usage.since(before.get(process))));
    long published = relay.map(BenchRelay::published).orElse(0L) - publishedBefore;
    if (first) {
      used.forEach((process, usage) -> firstPeaks.put(process, usage.peakBytes() / 1048576.0));
      countedByRabbit =
          perRequest(
              (double) (relay.map(BenchRelay::countedByRabbitMq).orElse(0L) - countedBefore),
              result);
    }
    rounds.add(new Round(result, used, generator, perRequest((double) published, result)));
    bench.say(
        "%-34s %9.0f/s  p50 %.2f ms".formatted(name, result.perSecond(), result.p50() / 1000.0));
  }

  private Map<String, Usage> usages() {
    Map<String, Usage> usages = new HashMap<>();
    pids.forEach((process, pid) -> usages.put(process, Usage.of(pid)));
    return usages;
  }

  private static double perRequest(double amount, Wrk.Result result) {
    return amount / Math.max(1, result.requests());
  }

  /** Returns the medians over all rounds so far. */
  Row row() {
    Map<String, Cost> costs = new LinkedHashMap<>();
    costs.put("wrk", new Cost(median(round -> micros(round.generatorSeconds, round)), 0));
    for (String process : pids.keySet()) {
      costs.put(
          process,
          new Cost(
              median(round -> micros(round.used.get(process).cpuSeconds(), round)),
              firstPeaks.get(process)));
    }
    return new Row(
        name,
        perSecond(),
        new Latency(
            median(round -> round.wrk.p50()),
            median(round -> round.wrk.p90()),
            median(round -> round.wrk.p99())),
        rounds.stream().mapToLong(round -> round.wrk.wrong() + round.wrk.lost()).sum(),
        costs,
        new Messages(countedByRabbit, median(Round::messages)));
  }

  double perSecond() {
    return median(round -> round.wrk.perSecond());
  }

  private static double micros(double seconds, Round round) {
    return perRequest(seconds * 1e6, round.wrk);
  }

  private double median(ToDoubleFunction<Round> figure) {
    return Median.of(rounds.stream().mapToDouble(figure).toArray());
  }
}
