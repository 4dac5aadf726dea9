package io.github.httplongcut.bench.jmh;

import io.github.httplongcut.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** The meters that record each message, shared by two threads. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Threads(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MeterBenchmark {

  private static final int EVENTS = 3;
  private static final int BYTES = 1_200;

  private final MeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counter messages = registry.counter("longcut.messages");
  private final Counter events = registry.counter("longcut.events", "event", "client_request");
  private final Counter bytes = registry.counter("longcut.bytes");
  private final DistributionSummary batch =
      DistributionSummary.builder("longcut.batch")
          .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128, 256)
          .register(registry);
  private final Timer confirm = LatencyHistogram.named("longcut.confirm").register(registry);

  /** Records a message that was written. */
  @Benchmark
  public void published() {
    messages.increment();
    events.increment(EVENTS);
    bytes.increment(BYTES);
    batch.record(EVENTS);
  }

  /** Records the confirm of a message. */
  @Benchmark
  public void confirmed() {
    confirm.record(1_700_000, TimeUnit.NANOSECONDS);
  }
}
