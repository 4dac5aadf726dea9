package io.github.httplongcut.metrics;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;

/** Timers with the buckets that all latency histograms of the relay have. */
public final class LatencyHistogram {

  /** Upper bounds of the buckets. */
  public static final List<Duration> BUCKETS =
      List.of(
          Duration.ofMillis(1),
          Duration.ofNanos(2_500_000),
          Duration.ofMillis(5),
          Duration.ofMillis(10),
          Duration.ofMillis(25),
          Duration.ofMillis(50),
          Duration.ofMillis(100),
          Duration.ofMillis(250),
          Duration.ofMillis(500),
          Duration.ofSeconds(1),
          Duration.ofMillis(2_500),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30));

  private LatencyHistogram() {}

  /**
   * Returns the builder of a timer that counts its values in the {@link #BUCKETS}.
   *
   * @param name the meter's name, without the unit
   */
  public static Timer.Builder named(String name) {
    return Timer.builder(name).serviceLevelObjectives(BUCKETS.toArray(Duration[]::new));
  }
}
