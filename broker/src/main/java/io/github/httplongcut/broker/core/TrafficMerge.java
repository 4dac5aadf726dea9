package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.RelayState.RelayTraffic;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.LatencyScale;

/** Sum of the recent requests of several brokers. */
final class TrafficMerge {

  private static final double MEDIAN = 0.5;
  private static final double P99 = 0.99;

  /** By bucket; null without any. */
  private long[] latency;

  private long inFlight;
  private long waiting;
  private double rate;
  private double failedRate;

  /**
   * @param perSecond factor from the report's numbers to those of a second
   */
  void add(TrafficReport traffic, double perSecond) {
    rate += traffic.requests() * perSecond;
    failedRate += traffic.failed() * perSecond;
    if (traffic.latency().buckets() > 0) {
      if (latency == null) {
        latency = new long[LatencyScale.BUCKETS];
      }
      traffic.latency().addTo(latency);
    }
  }

  void addHeld(long inFlight, long waiting) {
    this.inFlight += inFlight;
    this.waiting += waiting;
  }

  RelayTraffic result() {
    long[] counts = latency == null ? new long[0] : latency;
    return new RelayTraffic(
        (int) Math.min(Integer.MAX_VALUE, inFlight),
        (int) Math.min(Integer.MAX_VALUE, waiting),
        rate,
        failedRate,
        LatencyScale.quantileMillis(counts, MEDIAN),
        LatencyScale.quantileMillis(counts, P99));
  }
}
