package io.github.httplongcut.client;

import io.github.httplongcut.client.PendingRequest.IncomingRequest;
import java.util.UUID;

/** Passes requests from the HTTP side to the loop. Called on I/O threads; does not block. */
interface RequestSubmitter {

  /** Relays a request. Its {@link Caller} gets the answer or the error. */
  void submit(IncomingRequest incoming);

  /** The caller of a submitted request hung up. */
  void onHungUp(UUID firstId);
}
