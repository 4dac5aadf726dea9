package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.broker.core.RelayState.RelayTraffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The last 15 minutes of the relay in points, for all targets together, and for the {@value
 * #MAX_TARGETS} {@link BusiestTargets}. A name that nobody serves gets no history. Points that are
 * missing, since the process was paused, are empty. Not thread-safe.
 */
public final class RelayHistory {

  public static final Duration INTERVAL = Duration.ofSeconds(5);
  public static final int POINTS = 180;

  static final int MAX_TARGETS = 200;

  /** Points of one target, in a ring. */
  private static final class Series {
    final float[] rate = new float[POINTS];
    final float[] failedRate = new float[POINTS];
    final float[] p50 = noTimes();
    final float[] p99 = noTimes();
    final int[] inFlight = new int[POINTS];
    final int[] waiting = new int[POINTS];

    private static float[] noTimes() {
      float[] times = new float[POINTS];
      Arrays.fill(times, Float.NaN);
      return times;
    }

    void set(int at, RelayTraffic traffic) {
      rate[at] = (float) traffic.rate();
      failedRate[at] = (float) traffic.failedRate();
      p50[at] = orNone(traffic.p50Millis());
      p99[at] = orNone(traffic.p99Millis());
      inFlight[at] = traffic.inFlight();
      waiting[at] = traffic.waiting();
    }

    private static float orNone(OptionalDouble time) {
      return time.isPresent() ? (float) time.getAsDouble() : Float.NaN;
    }
  }

  /**
   * Points, oldest first. The lists have one element for each point.
   *
   * @param until time of the last point, as {@code nanoTime}
   * @param p50 NaN without a request
   */
  public record Points(
      long until,
      List<Float> rate,
      List<Float> failedRate,
      List<Float> p50,
      List<Float> p99,
      List<Integer> inFlight,
      List<Integer> waiting) {}

  private static final RelayTraffic NOTHING =
      new RelayTraffic(0, 0, 0, 0, OptionalDouble.empty(), OptionalDouble.empty());

  private final Series total = new Series();
  private final Map<String, Series> byTarget = new HashMap<>();
  private final BusiestTargets busiest = new BusiestTargets(MAX_TARGETS);
  private int points;
  private int next;
  private long until;

  /** Returns whether a point is due. */
  public boolean isDue(long now) {
    return points == 0 || now - until >= INTERVAL.toNanos();
  }

  /** Adds a point, and empty points for those that are overdue. */
  public void add(RelayState state, long now) {
    boolean first = points == 0;
    long due = first ? 1 : Math.max(1, (now - until) / INTERVAL.toNanos());
    for (long i = Math.min(due, POINTS); i > 1; i--) {
      total.set(next, NOTHING);
      byTarget.values().forEach(series -> series.set(next, NOTHING));
      advance();
    }
    Set<String> charted = busiest.update(state.targets());
    byTarget.keySet().retainAll(charted);
    byTarget.values().forEach(series -> series.set(next, NOTHING));
    total.set(next, state.total());
    for (RelayTarget target : state.targets()) {
      if (charted.contains(target.name())) {
        byTarget.computeIfAbsent(target.name(), name -> new Series()).set(next, target.traffic());
      }
    }
    advance();
    // In step with the clock, so that late ticks do not add up.
    until = first ? now : until + due * INTERVAL.toNanos();
  }

  private void advance() {
    next = (next + 1) % POINTS;
    points = Math.min(POINTS, points + 1);
  }

  /** Returns the points of all targets together. */
  public Points all() {
    return pointsOf(total);
  }

  /** Returns the points of a target; empty if it has no history. */
  public Optional<Points> of(String target) {
    return Optional.ofNullable(byTarget.get(target)).map(this::pointsOf);
  }

  /** Returns a history without points, for a target that has none yet. */
  public Points none() {
    return new Points(until, List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
  }

  private Points pointsOf(Series series) {
    return new Points(
        until,
        inOrder(series.rate),
        inOrder(series.failedRate),
        inOrder(series.p50),
        inOrder(series.p99),
        inOrder(series.inFlight),
        inOrder(series.waiting));
  }

  private List<Float> inOrder(float[] ring) {
    List<Float> ordered = new ArrayList<>(points);
    for (int i = 0; i < points; i++) {
      ordered.add(ring[Math.floorMod(next - points + i, POINTS)]);
    }
    return ordered;
  }

  private List<Integer> inOrder(int[] ring) {
    List<Integer> ordered = new ArrayList<>(points);
    for (int i = 0; i < points; i++) {
      ordered.add(ring[Math.floorMod(next - points + i, POINTS)]);
    }
    return ordered;
  }
}
