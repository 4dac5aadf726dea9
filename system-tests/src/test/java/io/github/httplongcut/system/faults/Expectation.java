package io.github.httplongcut.system.faults;

/**
 * The requests that may fail during a fault. The guarantees of {@link RequestAudit} hold in any
 * case.
 *
 * @param gets the GETs that may fail
 * @param posts the POSTs that may fail
 */
record Expectation(MayFail gets, MayFail posts) {

  /** A set of requests that may get an error response; strictest first. */
  enum MayFail {
    NONE,
    /** Requests that may have been lost with the killed process ({@link LossEvidence}). */
    LOST_WITH_VICTIM,
    ANY
  }

  static final Expectation NO_FAILURE = new Expectation(MayFail.NONE, MayFail.NONE);

  static final Expectation NO_GET_FAILS = new Expectation(MayFail.NONE, MayFail.ANY);

  /** No GET fails. A POST may fail only if it may have been lost with the killed process. */
  static final Expectation POSTS_LOST_WITH_IT =
      new Expectation(MayFail.NONE, MayFail.LOST_WITH_VICTIM);

  static final Expectation ALL_MAY_FAIL = new Expectation(MayFail.ANY, MayFail.ANY);

  MayFail of(SentRequest request) {
    return request.isPost() ? posts : gets;
  }
}
