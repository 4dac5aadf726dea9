package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Tries;
import java.util.Optional;

/** A publication of a {@link PublisherHistory}, and what has happened to it. */
final class TrackedPublication {

  private final String name;
  final Publication publication;

  /** Rises by one with each publication. */
  final int order;

  int writes;
  int nacks;

  /** The last message with this publication; null if it was never written. */
  SimulatedChannel.Message message;

  boolean withdrawn;
  private Optional<Outcome> outcome = Optional.empty();

  TrackedPublication(int order, Publication publication) {
    this.order = order;
    this.name = "p" + order;
    this.publication = publication;
  }

  boolean hasEnded() {
    return withdrawn || outcome.isPresent();
  }

  Optional<Outcome> outcome() {
    return outcome;
  }

  void end(Outcome with) {
    if (hasEnded()) {
      throw new AssertionError(this + " gets " + with + " after " + outcome);
    }
    outcome = Optional.of(with);
  }

  String tenant() {
    return publication.key().tenant();
  }

  boolean isForTenant() {
    return !tenant().equals(Topology.NO_TENANT);
  }

  /** Returns whether each message with this publication, if any, was nacked. */
  boolean isNowhere() {
    return writes == nacks;
  }

  /** Returns whether a copy, which counts the nacks, has taken its place. */
  boolean isCopied() {
    return nacks > 0 && publication.tries() == Tries.UNLESS_NACKED;
  }

  /** Returns whether it may be written again after the nacks so far. */
  boolean mayFollowNack(boolean cluster) {
    return switch (publication.tries()) {
      case ONCE -> cluster && publication.key().exchange().equals(Topology.CLIENT_REQUEST_QUEUE);
      case UNTIL_CONFIRMED -> true;
      case UNLESS_NACKED -> nacks < Publication.MAX_NACKS;
      case UNTIL_NACKED -> false;
    };
  }

  /** Returns whether a nack may be its outcome, while the publisher is open. */
  boolean mayEndNacked() {
    return publication.tries() == Tries.ONCE || !mayFollowNack(false);
  }

  @Override
  public String toString() {
    return name;
  }
}
