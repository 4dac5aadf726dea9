package io.github.httplongcut.broker.core;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The delivery that one or several requests came in, as the core sees it: the wiring extends it
 * with the delivery itself. Settling one request of a batch settles all of them (docs/protocol.md
 * section 7), so the state is the receipt's.
 */
public abstract class Receipt {

  private enum State {
    OPEN,
    SETTLING,
    SETTLED
  }

  private final Set<InFlight> requests = new LinkedHashSet<>(2);
  private State state = State.OPEN;

  /** Whether RabbitMQ can no longer give it back. */
  public final boolean isSettled() {
    return state == State.SETTLED;
  }

  /** Whether the caller must have it settled now: true once. */
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

  /** A copy of what still needs it. */
  final List<InFlight> requests() {
    return new ArrayList<>(requests);
  }
}
