package io.github.httplongcut.broker.core;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The core's view of a delivery with one or several requests. A subclass outside the core holds the
 * delivery itself. Settling is a state of the whole delivery: settling one request of a batch
 * settles all of them (docs/protocol.md section 7).
 */
public abstract class Receipt {

  private enum State {
    OPEN,
    SETTLING,
    SETTLED
  }

  private final Set<InFlight> requests = new LinkedHashSet<>(2);
  private State state = State.OPEN;

  /** Returns whether the delivery is settled: RabbitMQ cannot redeliver it. */
  public final boolean isSettled() {
    return state == State.SETTLED;
  }

  /**
   * Returns whether this broker made the request itself: there is no delivery, and no client agent
   * waits for acks and answers.
   */
  public boolean isLocal() {
    return false;
  }

  /** Returns the release of the client agent, as it claims; empty if it is unknown. */
  public String version() {
    return "";
  }

  /** Returns true on the first call only: the caller must then settle the delivery. */
  final boolean beginSettling() {
    if (state != State.OPEN) {
      return false;
    }
    state = State.SETTLING;
    return true;
  }

  final void settled() {
    state = State.SETTLED;
  }

  final void add(InFlight request) {
    requests.add(request);
  }

  final void remove(InFlight request) {
    requests.remove(request);
  }

  /** Returns a copy of the delivery's requests that are still in flight. */
  final List<InFlight> requests() {
    return new ArrayList<>(requests);
  }
}
