package io.github.httplongcut.client;

import io.github.httplongcut.client.RequestMetrics.Stage;

/**
 * Measures one request and the stages of its time. {@link #acked} and {@link #answerArrived} are
 * called on the loop, all other methods on the I/O thread.
 */
final class StageClock {

  private static final long NOT_YET = -1;

  private final RequestMetrics metrics;
  private final long startedAt;

  /** Nanoseconds from the start to the first ack. Belongs to the loop. */
  private long ackedAfter = NOT_YET;

  /** Nanoseconds from the start to the arrival of the answer or error. The loop sets it. */
  private volatile long arrivedAfter = NOT_YET;

  private long writtenAfter = NOT_YET;

  /**
   * @param startedAt {@code nanoTime} at which the head of the request was complete
   */
  StageClock(RequestMetrics metrics, long startedAt) {
    this.metrics = metrics;
    this.startedAt = startedAt;
  }

  /** The last byte of the request has arrived. */
  void requestComplete() {
    metrics.stage(Stage.READ, elapsed());
  }

  /**
   * A broker has acked the request. Only the first ack counts: later ones are of brokers that took
   * the request over.
   *
   * @param delayNanos from the publication to the ack
   */
  void acked(long delayNanos) {
    if (ackedAfter == NOT_YET) {
      ackedAfter = elapsed();
      metrics.stage(Stage.TAKE, delayNanos);
    }
  }

  /** The answer or the error has arrived. */
  void answerArrived() {
    if (arrivedAfter != NOT_YET) { // the answer could not be passed on: an error follows
      return;
    }
    long after = elapsed();
    arrivedAfter = after;
    if (ackedAfter != NOT_YET) {
      metrics.stage(Stage.RELAY, after - ackedAfter);
    }
  }

  /** The last byte of the answer is written. */
  void answerWritten() {
    writtenAfter = elapsed();
    if (arrivedAfter != NOT_YET) {
      metrics.stage(Stage.ANSWER, writtenAfter - arrivedAfter);
    }
  }

  /**
   * Returns the nanoseconds from the start to the last byte of the answer, or to now if that byte
   * is not written. What the caller sends after a refusal does not count.
   */
  long total() {
    return writtenAfter != NOT_YET ? writtenAfter : elapsed();
  }

  private long elapsed() {
    return System.nanoTime() - startedAt;
  }
}
