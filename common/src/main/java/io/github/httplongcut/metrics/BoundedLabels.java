package io.github.httplongcut.metrics;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Values of a label that come from outside, such as {@code upstream_target}. The first {@value
 * #MAX_VALUES} names are values of the label for the life of the process. All further names share
 * the value {@link #OTHER}, so that nobody can fill the memory with meters. Thread-safe; never
 * blocks.
 */
public final class BoundedLabels {

  /** Names with a value of their own. */
  public static final int MAX_VALUES = 1_000;

  /** Value that all further names share. */
  public static final String OTHER = "other";

  private final Set<String> names = ConcurrentHashMap.newKeySet();
  private final AtomicInteger places = new AtomicInteger(MAX_VALUES);

  /** Returns the label's value for the name: the name itself, or {@link #OTHER}. */
  public String of(String name) {
    if (names.contains(name)) {
      return name;
    }
    return places.get() > 0 && admits(name) ? name : OTHER;
  }

  /** Returns the label's value for the name, which takes no place if it has none yet. */
  public String ofKnown(String name) {
    return names.contains(name) ? name : OTHER;
  }

  /** Returns whether the name is a value of the label from now on. */
  private boolean admits(String name) {
    if (places.getAndDecrement() <= 0) {
      places.incrementAndGet();
      return names.contains(name);
    }
    if (!names.add(name)) {
      places.incrementAndGet(); // another thread has just added the name
    }
    return true;
  }
}
