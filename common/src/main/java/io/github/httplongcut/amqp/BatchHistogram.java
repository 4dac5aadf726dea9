package io.github.httplongcut.amqp;

import io.micrometer.core.instrument.DistributionSummary;

/** Histograms of the number of events in a message. */
final class BatchHistogram {

  /** Upper bounds of the buckets. */
  private static final double[] BUCKETS = {1, 2, 4, 8, 16, 32, 64, 128, 256};

  private BatchHistogram() {}

  /** Returns the builder of a summary that counts its values in the {@link #BUCKETS}. */
  static DistributionSummary.Builder named(String name) {
    return DistributionSummary.builder(name).serviceLevelObjectives(BUCKETS);
  }
}
