package io.github.httplongcut.bench;

/** A measured figure with its target limit. */
record Goal(String name, double value, Bound bound, double limit) {

  /** The side of the limit on which a value meets the goal. A value equal to the limit meets it. */
  enum Bound {
    AT_LEAST,
    AT_MOST
  }

  static Goal atLeast(double limit, String name, double value) {
    return new Goal(name, value, Bound.AT_LEAST, limit);
  }

  static Goal atMost(double limit, String name, double value) {
    return new Goal(name, value, Bound.AT_MOST, limit);
  }

  boolean isMet() {
    return bound == Bound.AT_LEAST ? value >= limit : value <= limit;
  }
}
