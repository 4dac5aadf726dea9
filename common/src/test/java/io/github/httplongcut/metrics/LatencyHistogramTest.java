package io.github.httplongcut.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

  private static final Pattern BUCKET =
      Pattern.compile("longcut_test_seconds_bucket\\{le=\"([^\"]+)\"} (\\d+)");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @Test
  void prometheusGetsTheBucketsInSeconds() {
    Timer timer = LatencyHistogram.named("longcut.test").register(registry);
    timer.record(Duration.ofMillis(3));

    List<String> buckets =
        BUCKET.matcher(registry.scrape()).results().map(LatencyHistogramTest::shown).toList();

    assertThat(buckets)
        .containsExactly(
            "0.001: 0",
            "0.0025: 0",
            "0.005: 1",
            "0.01: 1",
            "0.025: 1",
            "0.05: 1",
            "0.1: 1",
            "0.25: 1",
            "0.5: 1",
            "1.0: 1",
            "2.5: 1",
            "5.0: 1",
            "10.0: 1",
            "30.0: 1",
            "+Inf: 1");
  }

  private static String shown(MatchResult bucket) {
    return bucket.group(1) + ": " + bucket.group(2);
  }
}
