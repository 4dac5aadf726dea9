package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Nacked publications that wait to be written again. Decides whether the channel may be the cause
 * of the nacks, and must be replaced.
 *
 * <p>In a cluster a channel can be the cause (docs/protocol.md section 4, "Nacks in a cluster"):
 *
 * <ul>
 *   <li>If a channel's first message for a quorum queue finds the queue's leader gone, the channel
 *       nacks all messages for that queue until the leader's node is back (seen on RabbitMQ 3.10).
 *   <li>A channel that is opened after the election of a new leader works.
 *   <li>A channel on which the queue has once confirmed a message follows the leader: its nacks
 *       mean that the queue is full.
 * </ul>
 *
 * <p>Only the shared queues are quorum queues. A tenant's inbox nacks because it is full, or
 * because the tenant declared it so that it nacks everything. A new channel would not help, and
 * would delay messages to others.
 *
 * <p>Not synchronized: {@link PublisherMonitor} guards it.
 */
final class Nacks {

  /**
   * Number of polls in a row, 200 ms apart, that find nacks of suspect routes until the channel is
   * replaced. Doubles after each replacement.
   */
  static final int INITIAL_POLLS = 2;

  private static final int MAX_POLLS = 16;

  /**
   * Maximum number of channel replacements for one route. If they do not help, a queue is full,
   * such as the inbox of a frozen broker.
   */
  static final int MAX_REPLACEMENTS = 4;

  /**
   * After this many consecutive polls without nacked publications, {@link #requiredPolls} and
   * {@link #replacements} are reset.
   */
  private static final int QUIET_POLLS_TO_RESET = 10;

  private final boolean cluster;
  private final List<Publication> retries = new ArrayList<>();

  /** Number of channels replaced because of each route's nacks. */
  private final Map<String, Integer> replacements = new HashMap<>();

  private final Set<String> suspectRoutes = new HashSet<>();
  private boolean requestConfirmed;
  private boolean nackedSincePoll;
  private int pollsWithNacks;
  private int quietPolls;
  private int requiredPolls = INITIAL_POLLS;

  /**
   * Creates the state without nacks.
   *
   * @param cluster true if RabbitMQ has more than one node
   */
  Nacks(boolean cluster) {
    this.cluster = cluster;
  }

  /** Notes that a new channel was opened. */
  void onOpened() {
    if (isReplacementDue()) {
      requiredPolls = Math.min(2 * requiredPolls, MAX_POLLS);
      suspectRoutes.forEach(route -> replacements.merge(route, 1, Integer::sum));
    }
    suspectRoutes.clear();
    requestConfirmed = false;
    pollsWithNacks = 0;
  }

  /** Notes that RabbitMQ confirmed a message with this publication and did not return it. */
  void onConfirmed(Publication publication) {
    requestConfirmed |= isRequest(publication);
  }

  private static boolean isRequest(Publication publication) {
    return publication.key().exchange().equals(Topology.CLIENT_REQUEST_QUEUE);
  }

  /**
   * Takes a nacked publication, to write it again at the next poll.
   *
   * @return false if the publication must not be written again
   */
  boolean retryIfAllowed(Publication publication) {
    boolean channelMayBeAtFault =
        cluster
            && !requestConfirmed
            && Topology.mayReachSharedQueue(publication.key().exchange())
            && replacements.getOrDefault(routeOf(publication), 0) < MAX_REPLACEMENTS;
    Optional<Publication> retry =
        channelMayBeAtFault && isRequest(publication)
            ? Optional.of(publication)
            : publication.afterNack();
    retry.ifPresent(retries::add);
    if (channelMayBeAtFault && retry.isPresent()) {
      suspectRoutes.add(routeOf(publication));
      nackedSincePoll = true;
    }
    return retry.isPresent();
  }

  private static String routeOf(Publication publication) {
    return publication.key().exchange() + ' ' + publication.routingKey();
  }

  /** Removes this publication, if it waits here. */
  boolean remove(Publication publication) {
    return retries.remove(publication);
  }

  boolean isEmpty() {
    return retries.isEmpty();
  }

  /** Removes and returns the publications to write again. Called at each poll, every 200 ms. */
  List<Publication> takeRetries() {
    pollsWithNacks = nackedSincePoll ? pollsWithNacks + 1 : 0;
    quietPolls = retries.isEmpty() ? quietPolls + 1 : 0;
    nackedSincePoll = false;
    if (quietPolls >= QUIET_POLLS_TO_RESET) {
      requiredPolls = INITIAL_POLLS;
      replacements.clear();
    }
    List<Publication> taken = List.copyOf(retries);
    retries.clear();
    return taken;
  }

  /** Returns whether the channel must be replaced. */
  boolean isReplacementDue() {
    return pollsWithNacks >= requiredPolls;
  }
}
