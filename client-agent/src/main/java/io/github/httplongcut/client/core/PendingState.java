package io.github.httplongcut.client.core;

import java.time.Duration;
import java.util.UUID;

/**
 * State of a pending request (docs/protocol.md section 4, "Client agent"). Each type has only the
 * transitions that are legal from it.
 *
 * <pre>
 * Registered ──▶ AwaitingOutcome ──(confirmed, unknown)──▶ AwaitingAck ──(ack)──▶ Acked
 *
 * AwaitingOutcome ──(ack)──────────────▶ Acked             the ack came before the confirm
 * Published ────────(in doubt)─────────▶ AwaitingAck       the time until the check starts anew
 * Published ────────(published again)──▶ AwaitingOutcome
 * any state ────────(answered, …)──────▶ Over
 * </pre>
 */
sealed interface PendingState {

  /** Returns the name of the state in the log. */
  default String label() {
    return getClass().getSimpleName();
  }

  /** Not published yet. */
  record Registered() implements PendingState {
    AwaitingOutcome publish(UUID id, long now) {
      return new AwaitingOutcome(id, now);
    }
  }

  /** Published at least once. The id and the time are those of the latest publication. */
  sealed interface Published extends PendingState permits AwaitingOutcome, AwaitingAck, Acked {
    UUID id();

    /** Returns the time of the publication, on the real clock. */
    long publishedAt();

    /** Returns whether the publication is no older than {@code age}. */
    default boolean isWithin(Duration age, long now) {
      return now - publishedAt() <= age.toNanos();
    }

    default Acked ack() {
      return new Acked(id(), publishedAt());
    }

    /** Starts the time until the check anew: the broker that had the request may be gone. */
    default AwaitingAck doubt(long checkAt) {
      return new AwaitingAck(id(), publishedAt(), checkAt);
    }

    default AwaitingOutcome publishAgain(UUID newId, long now) {
      return new AwaitingOutcome(newId, now);
    }
  }

  /** The outcome of the publication is not known yet. */
  record AwaitingOutcome(UUID id, long publishedAt) implements Published {
    AwaitingAck checkedAt(long checkAt) {
      return new AwaitingAck(id, publishedAt, checkAt);
    }
  }

  /**
   * RabbitMQ may have the request. A broker must ack it until the check.
   *
   * @param checkAt the time of the check, on the fair clock
   */
  record AwaitingAck(UUID id, long publishedAt, long checkAt) implements Published {
    boolean isCheckDue(long fairNow) {
      return fairNow - checkAt >= 0;
    }
  }

  /** A broker has acked the request. */
  record Acked(UUID id, long publishedAt) implements Published {}

  /** Answered, refused or cancelled: the request is forgotten. */
  record Over() implements PendingState {}
}
