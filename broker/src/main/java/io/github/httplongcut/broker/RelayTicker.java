package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.loop.Guard;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Publishes the status of this broker every second, on a thread of its own: the loop makes only the
 * snapshot.
 */
final class RelayTicker {

  private static final long INTERVAL_MS = 1_000;

  private final RelayBoard board;
  private final StatusBoard snapshots;
  private final Supplier<ProcessId> id;
  private final Supplier<BrokerHealth> health;
  private final Consumer<BrokerStatus> publish;
  private final Guard guard = new Guard();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread ticker = new Thread(task, "broker status");
            ticker.setDaemon(true);
            return ticker;
          });

  /**
   * @param id returns this broker's current id; thread-safe
   * @param health returns this broker's state; thread-safe
   */
  RelayTicker(
      RelayBoard board,
      StatusBoard snapshots,
      Supplier<ProcessId> id,
      Supplier<BrokerHealth> health,
      Consumer<BrokerStatus> publish) {
    this.board = board;
    this.snapshots = snapshots;
    this.id = id;
    this.health = health;
    this.publish = publish;
  }

  void start() {
    var unused =
        thread.scheduleAtFixedRate(
            () -> guard.run("broker status", this::tick), 0, INTERVAL_MS, TimeUnit.MILLISECONDS);
  }

  private void tick() {
    Optional<StatusSnapshot> snapshot = snapshots.last();
    if (snapshot.isPresent()) {
      publish.accept(board.onSnapshot(snapshot.get(), id.get(), Version.current(), health.get()));
    }
  }

  void close() {
    thread.shutdownNow();
  }
}
