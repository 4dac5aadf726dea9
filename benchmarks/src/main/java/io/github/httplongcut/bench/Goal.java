package io.github.httplongcut.bench;

/** A figure next to what it shall be. */
record Goal(String what, double value, Bound bound, double limit) {

  /** On which side of the limit it shall be; the limit itself is good. */
  enum Bound {
    AT_LEAST,
    AT_MOST
  }

  static Goal atLeast(double limit, String what, double value) {
    return new Goal(what, value, Bound.AT_LEAST, limit);
  }

  static Goal atMost(double limit, String what, double value) {
    return new Goal(what, value, Bound.AT_MOST, limit);
  }

  boolean isMet() {
    return bound == Bound.AT_LEAST ? value >= limit : value <= limit;
  }
}
