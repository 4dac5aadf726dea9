package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.ClientStatus;
import io.github.httplongcut.broker.core.RelayState;
import io.github.httplongcut.broker.core.RelayState.RelayClient;
import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.broker.core.RouterStats;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.LatencyCounts;
import io.github.httplongcut.protocol.LatencyScale;
import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RelayTickerTest {

  private static final ProcessId ID = new ProcessId("broker", "one-aaaaaa");

  private static final ProcessId CLIENT = new ProcessId("acme", "c-aaaaaa");
  private static final ProcessId AGENT = new ProcessId("plant", "a-aaaaaa");
  private static final TrafficReport TRAFFIC =
      new TrafficReport(50, 10, LatencyCounts.of(new int[LatencyScale.BUCKETS]));

  private final List<BrokerStatus> published = new ArrayList<>();
  private long nanoTime;
  private final RelayBoard board =
      new RelayBoard(Set.of("broker"), new TargetReasons(WallTime.ofSystem()), () -> nanoTime);
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

  @Test
  void brokerWhoseLoopHangsShowsNoOldNumbers() {
    tickAfter(0, 1, 2);
    RelayState before = board.state().orElseThrow();
    assertThat(before.total().rate()).isEqualTo(5);
    assertThat(before.targets().get(0).state()).isEqualTo("ok");
    assertThat(before.flows()).hasSize(2);

    tickAfter(60);

    RelayState hanging = board.state().orElseThrow();
    assertThat(hanging.total().rate()).isZero();
    assertThat(hanging.total().inFlight()).isZero();
    RelayTarget orders = hanging.targets().get(0);
    assertThat(orders.state()).isEqualTo("unknown");
    assertThat(orders.reason()).isEqualTo("the broker's loop hangs");
    assertThat(orders.served()).isTrue();
    assertThat(orders.agents().live()).isZero();
    assertThat(orders.answered()).isEqualTo(20);
    assertThat(orders.traffic().rate()).isZero();
    assertThat(hanging.flows()).isEmpty();
    assertThat(hanging.own().agents()).isEmpty();
    assertThat(hanging.own().moreAgents()).isEqualTo(3);
    assertThat(hanging.clients())
        .containsExactly(new RelayClient(CLIENT, "1", 60_000, 7, 0)); // its age grows
  }

  @Test
  void historyHasNoTrafficWhileTheLoopHangs() {
    tickAfter(0, 5, 10);
    last = snapshot(15);
    tickAfter(15);

    assertThat(board.history().rate()).containsExactly(5f, 0f, 0f, 5f);
    assertThat(board.history().inFlight()).containsExactly(3, 0, 0, 3);
  }

  private void tickAfter(int... seconds) {
    for (int each : seconds) {
      nanoTime = TimeUnit.SECONDS.toNanos(each);
      ticker.tick(nanoTime);
    }
  }

  private BrokerHealth ownHealth() {
    return board.state().orElseThrow().brokers().get(0).status().report().health();
  }

  /** Returns a snapshot with one target that is well, and 50 requests in the last 10 s. */
  private static StatusSnapshot snapshot(int seconds) {
    TargetStatus orders =
        new TargetStatus(
            "orders",
            new TargetStatus.Agents(1, 1, 1, 4, 4, "", TargetStatus.AgentCounts.NONE),
            new TargetStatus.Requests(3, 0, 20, 10),
            new TargetStatus.Recent(TRAFFIC, Map.of("upstream_timeout", 10)),
            OptionalLong.empty(),
            Optional.empty());
    return new StatusSnapshot(
        TimeUnit.SECONDS.toNanos(seconds),
        new RouterStats.RequestCounts(0, 0, 0, 3),
        List.of(orders),
        List.of(),
        3,
        List.of(new ClientStatus(CLIENT, "1", 0, 7, 10)),
        new StatusSnapshot.Recent(
            TimeUnit.SECONDS.toNanos(10), TRAFFIC, List.of(new FlowReport(AGENT, "orders", 10))));
  }
}
