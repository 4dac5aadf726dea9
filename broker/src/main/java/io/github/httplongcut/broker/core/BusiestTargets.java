package io.github.httplongcut.broker.core;

import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The targets with the most requests of about the last five minutes, at most a fixed number. Takes
 * the rate of each target with each point of {@link RelayHistory}, and compares their moving means.
 * A target takes the place of another one only if its mean is a quarter higher, so that targets
 * with similar rates do not take turns. Not thread-safe.
 */
final class BusiestTargets {

  /** Points that the mean covers. It is exponential: older ones count less. */
  private static final int MEAN_POINTS = 60;

  private static final double MARGIN = 1.25;

  private final int limit;
  private final Set<String> chosen = new HashSet<>();

  /** Mean rates of the chosen targets, and of all that were served at the last point. */
  private Map<String, Double> means = Map.of();

  BusiestTargets(int limit) {
    this.limit = limit;
  }

  /**
   * Takes the rates of one point. A chosen target that is missing has the rate 0. A target that
   * nobody serves is not chosen, but may stay.
   *
   * @return an unmodifiable view of the names of the chosen targets
   */
  Set<String> update(List<RelayTarget> targets) {
    Map<String, Double> updated = new HashMap<>();
    for (String name : chosen) {
      updated.put(name, meanWith(name, 0));
    }
    for (RelayTarget target : targets) {
      if (target.served() || chosen.contains(target.name())) {
        updated.put(target.name(), meanWith(target.name(), target.traffic().rate()));
      }
    }
    means = updated;
    choose();
    return Collections.unmodifiableSet(chosen);
  }

  private double meanWith(String name, double rate) {
    double mean = means.getOrDefault(name, 0.0);
    return mean + (rate - mean) / MEAN_POINTS;
  }

  private void choose() {
    List<String> others =
        means.keySet().stream()
            .filter(name -> !chosen.contains(name))
            .sorted(Comparator.comparingDouble(means::get).reversed())
            .toList();
    for (String name : others) {
      if (chosen.size() == limit) {
        String least = Collections.min(chosen, Comparator.comparingDouble(means::get));
        if (means.get(name) <= MARGIN * means.get(least)) {
          return; // the remaining ones have even fewer requests
        }
        chosen.remove(least);
      }
      chosen.add(name);
    }
  }
}
