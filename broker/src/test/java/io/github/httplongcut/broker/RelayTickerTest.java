package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RelayTickerTest {

  private static final ProcessId ID = new ProcessId("broker", "one-aaaaaa");

  private final List<BrokerStatus> published = new ArrayList<>();
  private final RelayBoard board =
      new RelayBoard(Set.of("broker"), new TargetReasons(WallTime.ofSystem()), System::nanoTime);
  private StatusSnapshot last = snapshot(0);
  private final RelayTicker ticker =
      new RelayTicker(
          board,
          () -> Optional.of(last),
          () -> ID,
          () -> new BrokerHealth("ok", "", "up", "open", 1),
          published::add);

  @Test
  void brokerWhoseLoopHangsIsDownAndPublishesNothing() {
    tickAfter(0, 1, 2);
    assertThat(published).hasSize(3);
    assertThat(ownHealth().state()).isEqualTo("ok");

    tickAfter(3, 4);
    assertThat(published).hasSize(3);
    assertThat(ownHealth().state()).isEqualTo("down");
    assertThat(ownHealth().reason()).isEqualTo("the broker's loop hangs");

    last = snapshot(5);
    tickAfter(5);
    assertThat(published).hasSize(4);
    assertThat(ownHealth().state()).isEqualTo("ok");
  }

  private void tickAfter(int... seconds) {
    for (int each : seconds) {
      ticker.tick(TimeUnit.SECONDS.toNanos(each));
    }
  }

  private BrokerHealth ownHealth() {
    return board.state().orElseThrow().brokers().get(0).status().report().health();
  }

  private static StatusSnapshot snapshot(int seconds) {
    return new StatusSnapshot(
        TimeUnit.SECONDS.toNanos(seconds),
        new RouterStats.RequestCounts(0, 0, 0, 0),
        List.of(),
        List.of(),
        0,
        List.of(),
        StatusSnapshot.Recent.NONE);
  }
}
