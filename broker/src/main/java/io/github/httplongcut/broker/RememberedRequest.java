package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.Ending;
import io.github.httplongcut.broker.core.RequestRecord;
import java.time.Instant;
import java.util.UUID;

/**
 * Account of a request with the date of its reception.
 *
 * @param nanos the time from the reception to the end, or until now while the request is in flight
 */
record RememberedRequest(RequestRecord record, Instant receivedAt, long nanos) {

  /** Lowest status code of a server error (RFC 9110 section 15.6). */
  private static final int SERVER_ERROR = 500;

  /** Returns the account of a request that is over. */
  static RememberedRequest ended(RequestRecord record, WallTime time) {
    long receivedAt = record.history().receivedAt();
    return new RememberedRequest(record, time.of(receivedAt), record.history().nanos());
  }

  /** Returns the time of the end, as {@code nanoTime}. */
  long endedAt() {
    return record.history().receivedAt() + nanos;
  }

  UUID clientReqId() {
    return record.subject().clientReqId();
  }

  /** Returns whether this broker lost the request, which may then arrive once more. */
  boolean isLost() {
    return record.ending().filter(RememberedRequest::isLoss).isPresent();
  }

  /**
   * Returns whether the caller got an error of the relay or of the server, or this broker knows no
   * end.
   */
  boolean isFailed() {
    return record.ending().filter(RememberedRequest::isFailure).isPresent();
  }

  private static boolean isFailure(Ending ending) {
    return ending.kind() == Ending.Kind.FAILED || isLoss(ending) || ending.status() >= SERVER_ERROR;
  }

  private static boolean isLoss(Ending ending) {
    return ending.kind() == Ending.Kind.LOST;
  }
}
