package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.RouterView;
import io.github.httplongcut.broker.core.StatusSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** The last {@link StatusSnapshot}. The loop makes one every second, the admin pages read it. */
final class StatusBoard {

  private static final long INTERVAL = Duration.ofSeconds(1).toNanos();

  private final Consumer<StatusSnapshot> listener;
  private volatile StatusSnapshot last;

  /**
   * @param listener gets each snapshot, on the loop
   */
  StatusBoard(Consumer<StatusSnapshot> listener) {
    this.listener = listener;
  }

  /** Makes a snapshot if the last one is a second old. On the loop only. */
  void onTick(RouterView router, long now) {
    StatusSnapshot before = last;
    if (before == null || now - before.takenAt() >= INTERVAL) {
      StatusSnapshot snapshot = router.status(now);
      last = snapshot;
      listener.accept(snapshot);
    }
  }

  /** Returns the last snapshot; empty before the first tick. Thread-safe. */
  Optional<StatusSnapshot> last() {
    return Optional.ofNullable(last);
  }
}
