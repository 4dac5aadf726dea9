package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Publications that RabbitMQ has nacked and that are written again, and whether the channel is to
 * blame for their nacks.
 *
 * <p>In a cluster it may be: a channel whose first message for a quorum queue finds the queue's
 * leader gone asks nobody else, and nacks all that is for that queue until the node of that leader
 * is back (seen on RabbitMQ 3.10). A channel that is opened once there is a new leader does not. A
 * channel by which a queue has once taken something follows the leader, and its nacks mean what
 * they say (docs/protocol.md section 4, "Client agent").
 *
 * <p>Only the shared queues are quorum queues. An inbox that nacks is full, or its owner has
 * declared it so that it takes nothing: that is no reason for a new channel, which would hold up
 * what goes to others.
 *
 * <p>Not synchronized: {@link Publisher} guards it.
 */
final class Nacks {

  /**
   * Consecutive looks, 200 ms apart, that must find nacks that the channel may be to blame for,
   * before it is replaced; doubles after each replacement.
   */
  static final int PATIENCE = 2;

  private static final int MOST_PATIENCE = 16;

  /**
   * New channels for what goes one way. When they do not help, a queue is full: that of a broker
   * that is frozen, say.
   */
  static final int MOST_REPLACEMENTS = 4;

  /** After so many looks in a row that find nothing, the patience is the first one again. */
  private static final int QUIET = 10;

  private final boolean cluster;
  private final List<Publication> again = new ArrayList<>();

  /** Channels that were replaced because of what goes that way, and nacked it all the same. */
  private final Map<String, Integer> replacements = new HashMap<>();

  private final Set<String> blamed = new HashSet<>();
  private boolean requestTaken;
  private boolean nackedNow;
  private int looks;
  private int quietLooks;
  private int patience = PATIENCE;

  /**
   * @param cluster whether there is more than one node
   */
  Nacks(boolean cluster) {
    this.cluster = cluster;
  }

  /** A new channel. */
  void onOpened() {
    if (wantNewChannel()) {
      patience = Math.min(2 * patience, MOST_PATIENCE);
      blamed.forEach(way -> replacements.merge(way, 1, Integer::sum));
    }
    blamed.clear();
    requestTaken = false;
    looks = 0;
  }

  /** A queue has taken a message with this publication. */
  void onTaken(Publication publication) {
    requestTaken |= isRequest(publication);
  }

  private static boolean isRequest(Publication publication) {
    return publication.key().exchange().equals(Topology.CLIENT_REQUEST_QUEUE);
  }

  /**
   * Takes over what was nacked, if it is to be written again.
   *
   * @return whether it is
   */
  boolean takeOver(Publication publication) {
    boolean mayBeChannels =
        cluster
            && !requestTaken
            && Topology.mayReachSharedQueue(publication.key().exchange())
            && replacements.getOrDefault(wayOf(publication), 0) < MOST_REPLACEMENTS;
    Optional<Publication> writtenAgain =
        mayBeChannels && isRequest(publication)
            ? Optional.of(publication)
            : publication.nackedOnceMore();
    writtenAgain.ifPresent(again::add);
    if (mayBeChannels && writtenAgain.isPresent()) {
      blamed.add(wayOf(publication));
      nackedNow = true;
    }
    return writtenAgain.isPresent();
  }

  private static String wayOf(Publication publication) {
    return publication.key().exchange() + ' ' + publication.routingKey();
  }

  /** Takes out this one, if it is there. */
  boolean remove(Publication publication) {
    return again.remove(publication);
  }

  boolean isEmpty() {
    return again.isEmpty();
  }

  /** All that is to be written again, every 200 ms. */
  List<Publication> take() {
    looks = nackedNow ? looks + 1 : 0;
    quietLooks = again.isEmpty() ? quietLooks + 1 : 0;
    nackedNow = false;
    if (quietLooks >= QUIET) {
      patience = PATIENCE;
      replacements.clear();
    }
    List<Publication> taken = List.copyOf(again);
    again.clear();
    return taken;
  }

  /** Whether it is time to try another channel. */
  boolean wantNewChannel() {
    return looks >= patience;
  }
}
