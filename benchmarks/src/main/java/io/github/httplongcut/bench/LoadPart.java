package io.github.httplongcut.bench;

import io.github.httplongcut.bench.Row.Latency;
import io.github.httplongcut.bench.Row.Messages;
import io.github.httplongcut.bench.Wrk.Load;
import io.github.httplongcut.testkit.RabbitMqNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Measures the main table: nginx alone, the relay at several loads, and PerfTest. Each round
 * measures all of them, so that disturbances of the machine affect all of them.
 */
final class LoadPart {

  private static final int WARM_UP_CONNECTIONS = 64;

  /** The steps of one relay, with a field for each since the goals refer to them. */
  private static final class RelaySteps {
    private final Step one;
    private final Step sixteen;
    private final Step sixtyFour;
    private final Step many;
    private final Step post;
    private final Step file16;
    private final Step file256;

    RelaySteps(String name, BenchRelay relay, NginxServer nginx) {
      Map<String, Long> upstream = Map.of("nginx", nginx.pid());
      one =
          Step.relayed(name + "GET, 1 connection", relay, upstream, Load.get(NginxServer.SMALL, 1));
      sixteen = Step.relayed(name + "GET, 16", relay, upstream, Load.get(NginxServer.SMALL, 16));
      sixtyFour = Step.relayed(name + "GET, 64", relay, upstream, Load.get(NginxServer.SMALL, 64));
      many = Step.relayed(name + "GET, 256", relay, upstream, Load.get(NginxServer.SMALL, 256));
      post =
          Step.relayed(
              name + "POST 1 KiB, 64", relay, upstream, Load.post(NginxServer.SMALL, 1024, 64));
      file16 =
          Step.relayed(name + "GET 16 KiB, 16", relay, upstream, Load.get(NginxServer.FILE_16, 16));
      file256 =
          Step.relayed(
              name + "GET 256 KiB, 16", relay, upstream, Load.get(NginxServer.FILE_256, 16));
    }

    /** Returns the steps by increasing memory use, so that each one's peak memory is its own. */
    List<Step> all() {
      return List.of(one, sixteen, sixtyFour, many, post, file16, file256);
    }
  }

  private final Bench bench;
  private final Optional<Path> against;
  private final List<PerfTest.Result> throughputs = new ArrayList<>();
  private final List<PerfTest.Result> latencies = new ArrayList<>();

  /**
   * @param against another checkout whose relay is compared with this checkout's
   */
  LoadPart(Bench bench, Optional<Path> against) {
    this.bench = bench;
    this.against = against;
  }

  void run() {
    if (against.isPresent()) {
      runAgainst(against.get());
    } else {
      runAlone();
    }
  }

  private void runAlone() {
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitMqNode rabbit = bench.startRabbitMq("rabbitmq");
        BenchRelay relay =
            BenchRelay.start(
                BenchRelay.Plan.of(bench.home(), "", nginx.url()), rabbit, bench.logs())) {
      IdlePart idle = new IdlePart(bench);
      idle.run("just started", relay);
      Step direct = Step.direct("nginx alone, 64", nginx, Load.get(NginxServer.SMALL, 64));
      RelaySteps relayed = new RelaySteps("", relay, nginx);
      PerfTest perfTest = new PerfTest(bench.logs());
      warmUp(relay);
      for (int round = 1; round <= bench.rounds(); round++) {
        bench.say("round %d of %d".formatted(round, bench.rounds()));
        direct.run(bench);
        for (Step step : relayed.all()) {
          step.run(bench);
        }
        perfTest(perfTest, rabbit);
        ResponseCheck.check(bench.report(), relay, nginx);
      }
      idle.run("after the load", relay);
      bench.report().add(direct.row());
      relayed.all().forEach(step -> bench.report().add(step.row()));
      addPerfTest();
      addGoals(relayed);
    }
  }

  /** Measures two relays in turn, each with its own RabbitMQ; the other relay is idle meanwhile. */
  private void runAgainst(Path other) {
    try (NginxServer nginx = NginxServer.start(bench.logs());
        RabbitMqNode rabbitA = bench.startRabbitMq("rabbitmq-a");
        RabbitMqNode rabbitB = new RabbitMqNode(other, bench.logs().resolve("rabbitmq-b"));
        BenchRelay a =
            BenchRelay.start(
                BenchRelay.Plan.of(bench.home(), "a ", nginx.url()), rabbitA, bench.logs());
        BenchRelay b =
            BenchRelay.start(BenchRelay.Plan.of(other, "b ", nginx.url()), rabbitB, bench.logs())) {
      RelaySteps ours = new RelaySteps("a ", a, nginx);
      RelaySteps theirs = new RelaySteps("b ", b, nginx);
      warmUp(a);
      warmUp(b);
      for (int round = 1; round <= bench.rounds(); round++) {
        bench.say("round %d of %d".formatted(round, bench.rounds()));
        for (int i = 0; i < ours.all().size(); i++) {
          // The first relay alternates, since a measurement affects the one that follows it.
          Step first = (round % 2 == 1 ? ours : theirs).all().get(i);
          Step second = (round % 2 == 1 ? theirs : ours).all().get(i);
          first.run(bench);
          second.run(bench);
        }
      }
      for (int i = 0; i < ours.all().size(); i++) {
        Row rowA = ours.all().get(i).row();
        Row rowB = theirs.all().get(i).row();
        bench.report().add(rowA);
        bench.report().add(rowB);
        bench.say(
            "%-34s a/b: requests/s %.3f, p50 %.3f, p99 %.3f, CPU %.3f"
                .formatted(
                    rowA.step(),
                    rowA.perSecond() / rowB.perSecond(),
                    rowA.latency().p50() / rowB.latency().p50(),
                    rowA.latency().p99() / rowB.latency().p99(),
                    rowA.cpuMicros() / rowB.cpuMicros()));
      }
    }
  }

  private void warmUp(BenchRelay relay) {
    bench.warmUp(relay.url(), Load.get(NginxServer.SMALL, WARM_UP_CONNECTIONS));
    bench.warmUp(relay.url(), Load.post(NginxServer.SMALL, 1024, WARM_UP_CONNECTIONS));
  }

  private void perfTest(PerfTest perfTest, RabbitMqNode rabbit) {
    PerfTest.Result throughput = perfTest.throughput(rabbit, bench.seconds());
    bench.say("%-34s %9.0f/s".formatted("PerfTest", throughput.sent()));
    throughputs.add(throughput);
    PerfTest.Result latency = perfTest.latency(rabbit, bench.seconds());
    bench.say(
        "%-34s %9.0f/s  p50 %.2f ms"
            .formatted("PerfTest, 500/s", latency.sent(), latency.p50() / 1000));
    latencies.add(latency);
  }

  private void addPerfTest() {
    bench.report().add(row("PerfTest, messages sent", throughputs, PerfTest.Result::sent));
    bench.report().add(row("PerfTest, messages received", throughputs, PerfTest.Result::received));
    bench.report().add(row("PerfTest, one way at 500/s", latencies, PerfTest.Result::sent));
  }

  private static Row row(
      String step, List<PerfTest.Result> results, ToDoubleFunction<PerfTest.Result> perSecond) {
    return new Row(
        step,
        median(results, perSecond),
        new Latency(
            median(results, PerfTest.Result::p50), 0, median(results, PerfTest.Result::p99)),
        0,
        Map.of(),
        new Messages(0, 0));
  }

  private static double median(
      List<PerfTest.Result> results, ToDoubleFunction<PerfTest.Result> figure) {
    return Median.of(results.stream().mapToDouble(figure).toArray());
  }

  private void addGoals(RelaySteps relayed) {
    double messages = median(throughputs, PerfTest.Result::sent);
    double oneWay = median(latencies, PerfTest.Result::p50);
    Row one = relayed.one.row();
    Row sixteen = relayed.sixteen.row();
    Row sixtyFour = relayed.sixtyFour.row();
    Row many = relayed.many.row();
    BenchReport report = bench.report();
    report.add(
        Goal.atLeast(
            0.40, "requests/s at 64 / PerfTest's messages/s", sixtyFour.perSecond() / messages));
    report.add(
        Goal.atLeast(
            0.50, "requests/s at 256 / PerfTest's messages/s", many.perSecond() / messages));
    report.add(
        Goal.atMost(
            5,
            "p50 at 1 connection / PerfTest's median one-way latency",
            one.latency().p50() / oneWay));
    report.add(
        Goal.atMost(
            4, "p99 / p50 at 16 connections", sixteen.latency().p99() / sixteen.latency().p50()));
    report.add(
        Goal.atLeast(
            0.60,
            "requests/s at 64: POST of 1 KiB / GET",
            relayed.post.perSecond() / sixtyFour.perSecond()));
    report.add(
        Goal.atLeast(
            0.60,
            "requests/s at 16: responses of 16 KiB / of 250 bytes",
            relayed.file16.perSecond() / sixteen.perSecond()));
    report.add(
        Goal.atMost(6.1, "AMQP messages per request at 1 connection", one.messages().rabbitmq()));
    report.add(
        Goal.atMost(
            1.5, "AMQP messages per request at 256 connections", many.messages().rabbitmq()));
    for (String role :
        List.of(BenchRelay.CLIENT_AGENT, BenchRelay.BROKER, BenchRelay.UPSTREAM_AGENT)) {
      report.add(
          Goal.atMost(
              200,
              "peak MiB of the " + role + ", up to 64 connections",
              sixtyFour.processes().get(role).peakMiB()));
    }
  }
}
