package io.github.httplongcut.upstream.core;

import java.util.List;

/**
 * The core's view of a delivery with one or several requests. A subclass outside the core holds the
 * delivery itself. Settling is a state of the whole delivery: settling one request of a batch
 * settles all of them (docs/protocol.md section 7).
 */
public abstract class RequestReceipt {

  private List<TakenRequest> waiting = List.of();

  /** Remembers the requests that start once the delivery is settled. */
  final void startLater(List<TakenRequest> requests) {
    waiting = requests;
  }

  /** Removes and returns the requests of {@link #startLater}. */
  final List<TakenRequest> takeWaiting() {
    List<TakenRequest> taken = waiting;
    waiting = List.of();
    return taken;
  }
}
