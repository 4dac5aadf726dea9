package io.github.httplongcut.bench.jmh;

import io.github.httplongcut.http.HeaderRules;
import io.github.httplongcut.http.Headers;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The header rules that the agents apply to requests and responses. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeaderRulesBenchmark {

  private static final HeaderRules.Forwarded FORWARDED =
      new HeaderRules.Forwarded("192.0.2.7", "shop.example.com:8000", "http", "");

  private final Headers headers = Samples.requestHeaders();

  /** Applies all rules for a request. */
  @Benchmark
  public Headers request() {
    Headers passed = HeaderRules.withoutFraming(HeaderRules.endToEnd(headers));
    return HeaderRules.withVia(HeaderRules.withForwarded(passed, FORWARDED), "1.1", "http-longcut");
  }

  /** Selects the end-to-end fields. */
  @Benchmark
  public Headers endToEnd() {
    return HeaderRules.endToEnd(headers);
  }

  /** Returns whether the request has already passed this relay (loop detection). */
  @Benchmark
  public boolean hasPassed() {
    return HeaderRules.hasPassed(headers, "http-longcut");
  }
}
