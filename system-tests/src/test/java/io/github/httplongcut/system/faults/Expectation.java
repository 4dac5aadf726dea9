package io.github.httplongcut.system.faults;

/**
 * What a fault may cost, beyond what always holds ({@link Account}).
 *
 * @param gets which GET may fail
 * @param posts which POST may fail
 */
record Expectation(MayFail gets, MayFail posts) {

  /** Which requests may get an error for an answer; from the strictest on. */
  enum MayFail {
    NONE,
    /** Those that the killed process may have taken with it ({@link Evidence}). */
    LOST_WITH_VICTIM,
    ANY
  }

  static final Expectation NO_FAILURE = new Expectation(MayFail.NONE, MayFail.NONE);

  static final Expectation NO_GET_FAILS = new Expectation(MayFail.NONE, MayFail.ANY);

  /** No GET fails, and no POST but those that the killed process may have taken with it. */
  static final Expectation POSTS_LOST_WITH_IT =
      new Expectation(MayFail.NONE, MayFail.LOST_WITH_VICTIM);

  static final Expectation ALL_MAY_FAIL = new Expectation(MayFail.ANY, MayFail.ANY);

  MayFail of(Sent request) {
    return request.isPost() ? posts : gets;
  }
}
