package io.github.httplongcut.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.amqp.SimulatedChannel.Message;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Plain records of the publications in a {@link PublisherHistory}. Asserts that each gets one
 * outcome, that the step with the outcome justifies it, and that none is lost.
 */
final class PublicationRecords {

  /** Kind of a step that may end or free the publications of messages. */
  enum Cause {
    CONFIRM,
    NACK,
    LOSS,
    CHECK,
    OTHER
  }

  private final PublisherLimits limits;
  private final ConnectionRecord connection;
  private final Set<String> reached;
  private final List<TrackedPublication> all = new ArrayList<>();

  /** All publications by their encoded event, which a copy shares with its original. */
  private final IdentityHashMap<byte[], TrackedPublication> byEncoded = new IdentityHashMap<>();

  /** Publications that wait to be written, nacked ones included. */
  private final Set<TrackedPublication> waiting = new LinkedHashSet<>();

  /** All refusals so far. The state forgets each after 30 s. */
  private final List<Refusal> refusals = new ArrayList<>();

  // The step that is under way.
  private Cause cause = Cause.OTHER;
  private List<Message> affected = List.of();
  private List<Refusal> closeReasons = List.of();
  private long now;

  /**
   * Creates records without publications.
   *
   * @param reached set to which outcomes and rare situations are added
   */
  PublicationRecords(PublisherLimits limits, ConnectionRecord connection, Set<String> reached) {
    this.limits = limits;
    this.connection = connection;
    this.reached = reached;
  }

  List<TrackedPublication> all() {
    return all;
  }

  Set<TrackedPublication> waiting() {
    return waiting;
  }

  TrackedPublication add(Publication publication) {
    TrackedPublication tracked = new TrackedPublication(all.size(), publication);
    all.add(tracked);
    byEncoded.put(publication.encoded(), tracked);
    waiting.add(tracked);
    return tracked;
  }

  private TrackedPublication tracked(Publication publication) {
    return byEncoded.get(publication.encoded());
  }

  /** Notes that this publication is withdrawn, if it waits. */
  void withdraw(TrackedPublication publication) {
    publication.withdrawn = waiting.remove(publication);
  }

  /** Notes the refusals for which RabbitMQ has closed channels that the next step forgets. */
  void onRefused(List<Refusal> closeReasons) {
    this.closeReasons = closeReasons;
    refusals.addAll(closeReasons);
  }

  // Messages.

  /** Checks and notes the publications of the next message. */
  List<TrackedPublication> onTaken(List<Publication> publications) {
    List<TrackedPublication> taken = publications.stream().map(this::tracked).toList();
    BatchKey key = publications.get(0).key();
    assertThat(taken).as("publications that wait").allMatch(waiting::contains);
    assertThat(taken.size())
        .isBetween(1, key.batching() == Batching.ALONE ? 1 : BatchQueue.MAX_BATCH_EVENTS);
    assertKeepOrder(key, taken);
    for (TrackedPublication each : taken) {
      assertThat(isNowhereOrRetried(each)).as("%s may be written", each).isTrue();
      each.writes++;
    }
    waiting.removeAll(taken);
    return taken;
  }

  /** A nacked publication goes to the end of its lane. All others keep their order. */
  private void assertKeepOrder(BatchKey key, List<TrackedPublication> taken) {
    List<TrackedPublication> lane =
        waiting.stream()
            .filter(each -> each.nacks == 0 && each.publication.key().equals(key))
            .sorted(Comparator.comparing(each -> each.order))
            .toList();
    List<TrackedPublication> first = taken.stream().filter(each -> each.nacks == 0).toList();
    assertThat(first).as("the oldest of the lane").isEqualTo(lane.subList(0, first.size()));
  }

  private static boolean isNowhereOrRetried(TrackedPublication publication) {
    return publication.isNowhere() || publication.publication.tries() != Tries.ONCE;
  }

  // Outcomes.

  /**
   * Begins a step.
   *
   * @param affected messages that are confirmed, nacked or lost
   */
  void begin(Cause cause, List<Message> affected, long now) {
    this.cause = cause;
    this.affected = affected.stream().filter(each -> !each.givenUp).toList();
    this.now = now;
    if (cause == Cause.NACK) {
      this.affected.forEach(each -> each.publications.forEach(publication -> publication.nacks++));
    }
  }

  /** Checks and notes an outcome. Returns the publication. */
  TrackedPublication complete(Completion completion) {
    TrackedPublication publication = tracked(completion.publication());
    Outcome outcome = completion.outcome();
    boolean waited = waiting.remove(publication);
    boolean allowed =
        waited ? mayEndWaiting(publication, outcome) : mayEndWritten(publication, outcome);
    assertThat(allowed).as("%s may get %s", publication, outcome).isTrue();
    if (!waited && cause == Cause.CHECK) {
      publication.message.givenUp = true;
      reached.add("a message given up");
    }
    publication.end(outcome);
    reached.add(outcome.name());
    return publication;
  }

  private boolean mayEndWaiting(TrackedPublication publication, Outcome outcome) {
    boolean overdue = publication.publication.isOverdue(now);
    boolean justified =
        switch (outcome) {
          case NO_CONNECTION -> connection.isClosed() || (overdue && connection.isCutOff());
          case BLOCKED ->
              overdue || (connection.isBlocked() && publication.publication.tries() == Tries.ONCE);
          case INBOX_BUSY ->
              publication.isForTenant() && (overdue || connection.isFull(publication.tenant()));
          case REFUSED -> isRefused(publication);
          case CONFIRMED, RETURNED, NACKED, UNKNOWN -> false;
        };
    return justified && isNowhereOrRetried(publication);
  }

  private boolean mayEndWritten(TrackedPublication publication, Outcome outcome) {
    boolean answered = affected.contains(publication.message);
    boolean lost = cause == Cause.LOSS && answered;
    boolean returned = publication.message.returned;
    return switch (outcome) {
      case CONFIRMED -> cause == Cause.CONFIRM && answered && !returned;
      case RETURNED ->
          returned
              && (lost
                  || (cause == Cause.CONFIRM && answered)
                  || mayBeGivenUp(publication.message));
      case NACKED ->
          cause == Cause.NACK && answered && (connection.isClosed() || publication.mayEndNacked());
      case UNKNOWN ->
          !returned && ((lost && !isRetried(publication)) || mayBeGivenUp(publication.message));
      case REFUSED -> lost && isRefused(publication);
      case NO_CONNECTION, BLOCKED, INBOX_BUSY -> false;
    };
  }

  private boolean isRetried(TrackedPublication publication) {
    return publication.publication.isRetried() && !connection.isClosed();
  }

  private boolean isRefused(TrackedPublication publication) {
    return isRefused(refusals, publication);
  }

  private static boolean isRefused(List<Refusal> refusals, TrackedPublication publication) {
    return refusals.stream().anyMatch(each -> each.appliesTo(publication.publication));
  }

  /** Returns whether RabbitMQ has read the message, and a tenant's inbox does not confirm it. */
  private boolean mayBeGivenUp(Message message) {
    return cause == Cause.CHECK
        && message.read
        && message.written.isForTenant()
        && now - message.written.writtenAt() >= limits.confirmTimeout().toNanos();
  }

  /** Ends the step: publications of its messages that have no outcome wait again. */
  void end() {
    for (Message message : affected) {
      for (TrackedPublication each : message.publications) {
        if (!each.hasEnded()) {
          assertThat(mayWaitAgain(each)).as("%s may be written again", each).isTrue();
          waiting.add(each);
          reached.add("written again after " + cause);
        }
      }
    }
    if (cause == Cause.CHECK) {
      assertThat(all)
          .as("given up without an outcome")
          .noneMatch(each -> !each.hasEnded() && each.message != null && each.message.givenUp);
    }
    cause = Cause.OTHER;
    affected = List.of();
    closeReasons = List.of();
  }

  private boolean mayWaitAgain(TrackedPublication publication) {
    return switch (cause) {
      case NACK -> !connection.isClosed() && publication.mayFollowNack(limits.cluster());
      case LOSS ->
          isRetried(publication)
              && !publication.message.returned
              && !isRefused(closeReasons, publication);
      case CONFIRM, CHECK, OTHER -> false;
    };
  }
}
