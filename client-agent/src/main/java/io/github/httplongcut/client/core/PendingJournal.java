package io.github.httplongcut.client.core;

import io.github.httplongcut.protocol.EventType;
import java.util.UUID;

/**
 * Receives the actions of {@link PendingRequests}, for log and metrics. {@link PendingRequests}
 * calls it; it must not call {@link PendingRequests}.
 */
public interface PendingJournal {

  /** Records the first publication of a request. */
  void published(UUID firstId);

  /**
   * Records a further publication of a request.
   *
   * @param latestId the {@code client_req_id} of this publication
   */
  void publishedAgain(UUID firstId, UUID latestId, String why);

  /**
   * Records that the latest publication of a request came back: the request did not run, or may run
   * again. What happens to the request follows.
   */
  void publicationFailed(UUID firstId, String why);

  /**
   * Records that a published request moved from one state to another.
   *
   * @param from the label of the old state
   * @param to the label of the new state
   */
  void moved(UUID firstId, String from, String to, String why);

  /**
   * Records that the latest publication of a request came back, and that the request may have run
   * and must not run again.
   */
  void inDoubt(UUID firstId);

  /** Records the end of a request. */
  void forgotten(UUID firstId, String why);

  /** Records an event that is dropped, since no request waits for it. */
  void dropped(EventType type);

  /** Records an exception by which this request fails. */
  void bug(UUID firstId, Throwable bug);
}
