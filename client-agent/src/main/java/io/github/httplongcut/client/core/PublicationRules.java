package io.github.httplongcut.client.core;

import io.github.httplongcut.client.core.PendingState.AwaitingOutcome;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.Hop;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Publishes requests, and publishes them again or refuses them (docs/protocol.md section 4, "Client
 * agent"):
 *
 * <ul>
 *   <li>A request that never ran is published again, three times in all.
 *   <li>A request that may have run is published again only if it is repeatable.
 *   <li>A request without time left is not published again.
 * </ul>
 */
final class PublicationRules {

  /** Number of publications after which a request fails if all of them came back. */
  private static final int MAX_PUBLICATIONS = 3;

  private final PendingTable table;
  private final PendingEffects effects;
  private final Supplier<UUID> ids;
  private final PendingJournal journal;

  PublicationRules(
      PendingTable table, PendingEffects effects, Supplier<UUID> ids, PendingJournal journal) {
    this.table = table;
    this.effects = effects;
    this.ids = ids;
    this.journal = journal;
  }

  /** Publishes the request for the first time, if it has time left. */
  void publish(PendingRequest request, long now) {
    if (hasTimeLeft(request, now)) {
      UUID id = request.firstId();
      runGuarded(
          request,
          () -> publishAs(request, request.registered().publish(id, now), "submitted", now));
    } else {
      refuse(
          request,
          Failure.REQUEST_TIMEOUT,
          "the request timed out before it was published to RabbitMQ");
    }
  }

  /** The latest publication never ran: publishes again while attempts and time are left. */
  void neverRan(PendingRequest request, String why, long now) {
    if (countFailedPublication(request, why) && hasTimeLeft(request, now)) {
      publishAgain(request, why, now);
    } else {
      refuse(request, Failure.BROKER_UNAVAILABLE, "no broker accepted the request");
    }
  }

  /** The request may have run: publishes it again if it is repeatable, refuses it otherwise. */
  void mayHaveRun(PendingRequest request, String why, long now) {
    if (request.isRepeatable() && hasTimeLeft(request, now)) {
      publishAgain(request, why, now);
    } else {
      refuse(
          request,
          Failure.BROKER_ACK_TIMEOUT,
          "no broker is known to have the request; it may have run");
    }
  }

  /**
   * Counts a publication that came back: not run, or in doubt.
   *
   * @return whether the request may be published once more
   */
  boolean countFailedPublication(PendingRequest request, String why) {
    journal.publicationFailed(request.firstId(), why);
    request.countFailedPublication();
    return request.failedPublications() < MAX_PUBLICATIONS;
  }

  private void publishAgain(PendingRequest request, String why, long now) {
    runGuarded(
        request,
        () -> publishAs(request, request.published().publishAgain(ids.get(), now), why, now));
  }

  private void publishAs(PendingRequest request, AwaitingOutcome to, String why, long now) {
    table.move(request, to, why);
    effects.publish(request, to.id(), now);
  }

  private static boolean hasTimeLeft(PendingRequest request, long now) {
    return PendingEffects.millisLeft(request, now) >= 1;
  }

  void refuse(PendingRequest request, Failure failure, String message) {
    refuse(request, new EventError(failure, message, Hop.CLIENT_AGENT));
  }

  void refuse(PendingRequest request, EventError error) {
    table.forget(request, error.failure().code());
    effects.refuse(request, error);
  }

  /** Runs the step. A bug in it fails this request and no other. */
  void runGuarded(PendingRequest request, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error bug) {
      refuseAfterBug(request, bug);
    }
  }

  /** Refuses the request with {@code internal_error}, unless it is over. */
  void refuseAfterBug(PendingRequest request, Throwable bug) {
    journal.bug(request.firstId(), bug);
    if (!request.isOver()) {
      refuse(
          request,
          Failure.INTERNAL_ERROR,
          "internal error; see event=bug in the client agent's log");
    }
  }
}
