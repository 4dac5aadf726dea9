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
    /** Those that were under way when the fault began. */
    UNDER_WAY,
    ANY
  }

  static final Expectation NO_FAILURE = new Expectation(MayFail.NONE, MayFail.NONE);

  static final Expectation NO_GET_FAILS = new Expectation(MayFail.NONE, MayFail.ANY);

  /** No GET fails, and no POST that comes after the fault. */
  static final Expectation POSTS_UNDER_WAY_MAY_FAIL =
      new Expectation(MayFail.NONE, MayFail.UNDER_WAY);

  static final Expectation ALL_MAY_FAIL = new Expectation(MayFail.ANY, MayFail.ANY);

  MayFail of(Sent request) {
    return request.isPost() ? posts : gets;
  }
}
