package io.github.httplongcut.broker;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** Converts times of the loop's clock to dates, for pages. Thread-safe. */
final class WallTime {

  private final InstantSource dates;
  private final LongSupplier nanoClock;

  /**
   * @param nanoClock {@link System#nanoTime}
   */
  WallTime(InstantSource dates, LongSupplier nanoClock) {
    this.dates = dates;
    this.nanoClock = nanoClock;
  }

  static WallTime ofSystem() {
    return new WallTime(InstantSource.system(), System::nanoTime);
  }

  /** Returns the present date. */
  Instant now() {
    return dates.instant();
  }

  /** Returns the date of a recent {@code nanoTime}. */
  Instant of(long nanoTime) {
    return dates.instant().minusNanos(nanoClock.getAsLong() - nanoTime);
  }
}
