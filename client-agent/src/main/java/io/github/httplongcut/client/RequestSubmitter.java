package io.github.httplongcut.client;

import io.github.httplongcut.client.PendingRequest.Incoming;
import java.util.UUID;

/** Where HTTP hands over to the loop. Called on I/O threads; does not block. */
interface RequestSubmitter {

  /** Relays a request; its caller is told the answer. */
  void submit(Incoming incoming);

  /** The caller of a request that was submitted waits no more. */
  void onHungUp(UUID firstId);
}
