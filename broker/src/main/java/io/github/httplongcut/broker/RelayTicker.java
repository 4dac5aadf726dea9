package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.HangingLoop;
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

  /** Time without a new snapshot after which the loop hangs. It makes one every second. */
  private static final long HANGS_AFTER = TimeUnit.SECONDS.toNanos(3);

  private final RelayBoard board;
  private final Supplier<Optional<StatusSnapshot>> snapshots;
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
   * @param snapshots returns the loop's last snapshot; thread-safe
   * @param id returns this broker's current id; thread-safe
   * @param health returns this broker's state; thread-safe
   */
  RelayTicker(
      RelayBoard board,
      Supplier<Optional<StatusSnapshot>> snapshots,
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
    var unused = thread.scheduleAtFixedRate(this::runTick, 0, INTERVAL_MS, TimeUnit.MILLISECONDS);
  }

  private void runTick() {
    guard.run("broker status", () -> tick(System.nanoTime()));
  }

  /**
   * Publishes the status. While the loop hangs, it publishes none, and this broker's page shows no
   * numbers: readers would take the old ones for new ones.
   *
   * @param now {@code nanoTime}
   */
  void tick(long now) {
    StatusSnapshot snapshot = snapshots.get().orElse(null);
    if (snapshot == null) {
      return;
    }
    if (now - snapshot.takenAt() >= HANGS_AFTER) {
      board.onHang(snapshot, id.get(), Version.current(), hanging(health.get()));
    } else {
      publish.accept(board.onSnapshot(snapshot, id.get(), Version.current(), health.get()));
    }
  }

  private static BrokerHealth hanging(BrokerHealth health) {
    return new BrokerHealth(
        "down", HangingLoop.REASON, health.rabbitMq(), health.intake(), health.uptimeMillis());
  }

  /** Publishes the status out of turn. */
  void tickSoon() {
    thread.execute(this::runTick);
  }

  void close() {
    thread.shutdownNow();
  }
}
