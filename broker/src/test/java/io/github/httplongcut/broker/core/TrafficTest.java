package io.github.httplongcut.broker.core;

import static io.github.httplongcut.broker.core.RouterFixture.AGENT_1;
import static io.github.httplongcut.broker.core.RouterFixture.TARGET;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.protocol.LatencyScale;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Tests what the router measures of each target, agent and client agent. */
class TrafficTest {

  private final RouterFixture fixture = new RouterFixture(RouterFixture::largeLimits);

  @Test
  void requestsOfTheLastTenSecondsAreCounted() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.at(40).ack(1, AGENT_1);
    fixture.at(50).response(1, 1, AGENT_1);

    StatusSnapshot status = status();
    TargetStatus orders = orders(status);
    assertThat(orders.recent().traffic().requests()).isEqualTo(1);
    assertThat(orders.recent().traffic().failed()).isZero();
    long[] latency = new long[LatencyScale.BUCKETS];
    orders.recent().traffic().latency().addTo(latency);
    assertThat(latency[LatencyScale.bucketOf(Duration.ofMillis(50).toNanos())]).isEqualTo(1);
    assertThat(status.recent().flows()).containsExactly(new FlowReport(AGENT_1, TARGET, 1));
    assertThat(status.clients()).singleElement().extracting(ClientStatus::recent).isEqualTo(1);
    assertThat(status.recent().traffic()).isEqualTo(orders.recent().traffic());
  }

  @Test
  void idleTargetHasNoRecentRequests() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.at(50).response(1, 1, AGENT_1);
    fixture.at(11_000).heartbeat(AGENT_1, 10, 0);

    StatusSnapshot status = status();
    assertThat(orders(status).recent()).isEqualTo(TargetStatus.Recent.NONE);
    assertThat(status.recent().flows()).isEmpty();
    assertThat(status.clients()).singleElement().extracting(ClientStatus::recent).isEqualTo(0);
  }

  @Test
  void failuresOfTheLastFifteenMinutesAreCountedByCode() {
    fixture.heartbeat(AGENT_1, 10, 0);
    fixture.get(1);
    fixture.error(1, 1, Failure.UPSTREAM_TIMEOUT, AGENT_1);

    assertThat(orders(status()).recent().failures()).containsEntry("upstream_timeout", 1);
    assertThat(orders(status()).recent().traffic().failed()).isEqualTo(1);
    fixture.at(Duration.ofMinutes(14).toMillis());
    assertThat(orders(status()).recent().failures()).containsEntry("upstream_timeout", 1);
    fixture.at(Duration.ofMinutes(16).toMillis());
    assertThat(orders(status()).recent().failures()).isEmpty();
  }

  @Test
  void refusalWithoutADispatchHasNoTime() {
    fixture.drain();
    fixture.get(1);

    TargetStatus orders = orders(status());
    assertThat(orders.recent().traffic().failed()).isEqualTo(1);
    assertThat(orders.recent().traffic().latency().buckets()).isZero();
  }

  @Test
  void agentsAreCountedByState() {
    fixture.heartbeat(AGENT_1, 1, 0);
    assertThat(orders(status()).agents().counts())
        .isEqualTo(new TargetStatus.AgentCounts(1, 0, 0, 0, 0));
    fixture.get(1);
    assertThat(orders(status()).agents().counts())
        .isEqualTo(new TargetStatus.AgentCounts(0, 1, 0, 0, 0));
    fixture.undelivered(1, Undelivered.DEAD_LETTERED);
    assertThat(orders(status()).agents().counts())
        .isEqualTo(new TargetStatus.AgentCounts(0, 0, 0, 1, 0));
  }

  private StatusSnapshot status() {
    return fixture.router.view().status(fixture.now());
  }

  private static TargetStatus orders(StatusSnapshot status) {
    return status.targets().stream()
        .filter(target -> target.name().equals(TARGET))
        .findFirst()
        .orElseThrow();
  }
}
