package io.github.httplongcut.client.core;

/**
 * Times of a request's ack, as {@link System#nanoTime}.
 *
 * @param publishedAt time of the request's publication
 * @param ackedAt time at which the ack came, or an answer that came earlier
 */
public record AckTimes(long publishedAt, long ackedAt) {

  /** Returns the nanoseconds from the publication to the ack. */
  public long delayNanos() {
    return ackedAt - publishedAt;
  }
}
