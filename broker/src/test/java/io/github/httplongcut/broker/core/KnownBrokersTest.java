package io.github.httplongcut.broker.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.KnownBrokers.KnownBroker;
import io.github.httplongcut.protocol.BrokerReport;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import io.github.httplongcut.protocol.ProcessId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownBrokersTest {

  private static final ProcessId OWN = new ProcessId("broker", "own-aaaaaa");
  private static final ProcessId OTHER = new ProcessId("broker", "other-aaaaaa");

  private final KnownBrokers brokers = new KnownBrokers();

  @Test
  void brokerIsSilentAfterFiveSecondsAndForgottenAfterAMinute() {
    brokers.onOwn(status(OWN), 0);
    brokers.onStatus(status(OTHER), 0);

    assertThat(other(4_999).isSilent()).isFalse();
    assertThat(other(5_000).isSilent()).isTrue();
    assertThat(other(59_999).isSilent()).isTrue();
    assertThat(brokers.all(at(60_000))).extracting(KnownBroker::own).containsExactly(true);
  }

  @Test
  void brokerThatWasDrainingIsForgottenInsteadOfSilent() {
    brokers.onStatus(new BrokerStatus(OTHER, "1", Reports.of("draining")), 0);

    assertThat(other(4_999).isSilent()).isFalse();
    assertThat(brokers.all(at(5_000))).isEmpty();
  }

  @Test
  void brokersOfOneUserLeaveRoomForThoseOfOthers() {
    for (int i = 0; i < 10 * KnownBrokers.MAX; i++) {
      brokers.onStatus(status(new ProcessId("broker2", "x" + i + "-aaaaaa")), 0);
    }
    brokers.onStatus(status(OTHER), 0);

    assertThat(brokers.all(0)).hasSize(KnownBrokers.MAX_OF_USER + 1);
    assertThat(other(0).status().brokerId()).isEqualTo(OTHER);
  }

  @Test
  void brokerThatIsHeardAgainIsNotSilent() {
    brokers.onStatus(status(OTHER), 0);
    brokers.onStatus(status(OTHER), at(20_000));

    assertThat(other(21_000).isSilent()).isFalse();
  }

  @Test
  void ownStatusThatComesBackIsIgnored() {
    brokers.onOwn(status(OWN), 0);
    brokers.onStatus(status(OWN), 0);

    assertThat(brokers.all(0)).hasSize(1);
  }

  @Test
  void formerOwnIdIsNoOtherBroker() {
    ProcessId renewed = OWN.renewed();
    brokers.onOwn(status(OWN), 0);
    brokers.onOwn(status(renewed), 1);
    brokers.onStatus(status(OWN), 2);

    assertThat(brokers.all(2))
        .extracting(each -> each.status().brokerId())
        .containsExactly(renewed);
  }

  @Test
  void madeUpBrokersAreLimitedAndDisplaceNoOthers() {
    brokers.onStatus(status(OTHER), 0);
    for (int i = 0; i < 10 * KnownBrokers.MAX; i++) {
      brokers.onStatus(status(new ProcessId("broker", "x" + i + "-aaaaaa")), 1);
    }

    assertThat(brokers.all(1)).hasSize(KnownBrokers.MAX_OF_USER);
    assertThat(other(1).status().brokerId()).isEqualTo(OTHER);
  }

  @Test
  void brokerWithANewIdReplacesItsFormerOne() {
    ProcessId renewed = OTHER.renewed();
    brokers.onStatus(status(OTHER, 100_000), at(1_000));
    brokers.onStatus(status(renewed, 108_900), at(10_000));

    assertThat(brokers.all(at(10_000)))
        .extracting(each -> each.status().brokerId())
        .containsExactly(renewed);
  }

  @Test
  void brokerThatWasRestartedIsShownBesideTheOneThatIsGone() {
    ProcessId restarted = OTHER.renewed();
    brokers.onStatus(status(OTHER, 100_000), at(1_000));
    brokers.onStatus(status(restarted, 8_000), at(10_000));

    assertThat(brokers.all(at(10_000)))
        .extracting(each -> each.status().brokerId())
        .containsExactly(OTHER, restarted);
    assertThat(other(10_000).isSilent()).isTrue();
  }

  @Test
  void brokersOfOneNameThatStartedTogetherAreBothShown() {
    ProcessId twin = OTHER.renewed();
    for (long second = 0; second < 3; second++) {
      brokers.onStatus(status(OTHER, second * 1_000), at(second * 1_000));
      brokers.onStatus(status(twin, second * 1_000), at(second * 1_000));
    }

    assertThat(brokers.all(at(2_000)))
        .extracting(each -> each.status().brokerId())
        .containsExactlyInAnyOrder(OTHER, twin);
  }

  private KnownBroker other(long millis) {
    List<KnownBroker> others =
        brokers.all(at(millis)).stream()
            .filter(each -> each.status().brokerId().equals(OTHER))
            .toList();
    assertThat(others).hasSize(1);
    return others.get(0);
  }

  private static BrokerStatus status(ProcessId id, long uptimeMillis) {
    BrokerReport report = Reports.of("ok");
    BrokerHealth health = new BrokerHealth("ok", "", "up", "open", uptimeMillis);
    return new BrokerStatus(
        id,
        "1",
        new BrokerReport(
            health,
            report.load(),
            report.windowMillis(),
            report.traffic(),
            report.targets(),
            report.clients(),
            report.flows(),
            report.omitted()));
  }

  private static BrokerStatus status(ProcessId id) {
    return new BrokerStatus(id, "1", Reports.of("ok"));
  }

  private static long at(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
