package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.broker.core.LocalReceipt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Limits the replays in flight. Only for the loop's thread. */
public final class ReplayDesk {

  /** Replays in flight. Further ones are refused. */
  public static final int MAX_IN_FLIGHT = 10;

  private final List<LocalReceipt> inFlight = new ArrayList<>(MAX_IN_FLIGHT);

  /** Returns the receipt of a new replay, or nothing if too many are in flight. */
  public Optional<LocalReceipt> open() {
    inFlight.removeIf(LocalReceipt::isIdle);
    if (inFlight.size() == MAX_IN_FLIGHT) {
      return Optional.empty();
    }
    LocalReceipt receipt = new LocalReceipt();
    inFlight.add(receipt);
    return Optional.of(receipt);
  }
}
