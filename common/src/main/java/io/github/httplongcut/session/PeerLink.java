package io.github.httplongcut.session;

import io.github.httplongcut.protocol.Event;
import java.util.Optional;

/**
 * Sends the newest event of this process to all processes of its role, and receives theirs, through
 * one fanout exchange. It is optional: it has a connection of its own, and its failures touch
 * neither the rest of the {@link Session} nor the session's state. Thread-safe.
 */
public interface PeerLink {

  /** Receives the events of all processes of the role, those of this process included. */
  interface Listener {

    /**
     * Takes an event; called on the link's thread, must not block.
     *
     * @param user the RabbitMQ user of the sender, which RabbitMQ has checked
     * @return false if the event is not credible, and is to be discarded
     */
    boolean onPeerEvent(Event event, String user);
  }

  /** Publishes an event, in place of an older one that is not written yet. Never blocks. */
  void publish(Event event);

  /**
   * Returns a sentence that says why this process does not hear the others, with the remedy. Either
   * RabbitMQ refuses the events, or there has been no connection for seconds. Empty otherwise.
   */
  Optional<String> trouble();
}
