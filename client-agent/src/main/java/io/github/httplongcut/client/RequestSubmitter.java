package io.github.httplongcut.client;

import io.github.httplongcut.client.core.Submission;
import java.util.UUID;

/** Passes requests from the HTTP side to the loop. Called on I/O threads; does not block. */
interface RequestSubmitter {

  /**
   * Relays a request.
   *
   * @param submission its caller is a {@link WaitingCaller}, which gets the answer or the error
   */
  void submit(Submission submission);

  /** The caller of a submitted request hung up. */
  void onHungUp(UUID firstId);
}
