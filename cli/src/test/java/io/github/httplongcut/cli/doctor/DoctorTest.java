package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.DoctorCheck.Needs;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DoctorTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void everyFindingHasACheck() {
    assertThat(fixture.doctor().checks())
        .extracting(DoctorCheck::finding)
        .containsExactly(Finding.values());
  }

  @Test
  void beforeTheStartNoProcessIsNeeded() {
    assertThat(fixture.doctor().checksBeforeStart())
        .isNotEmpty()
        .allMatch(check -> check.needs() == Needs.NO_PROCESS);
    assertThat(
            fixture.doctor().checks().stream()
                .filter(check -> check.needs() == Needs.PROCESSES)
                .map(check -> check.finding().id()))
        .containsExactly(
            "network.brokers",
            "topology.backlog",
            "targets.agents",
            "targets.capacity",
            "relay.brokers",
            "relay.ready",
            "relay.inboxes",
            "relay.versions",
            "relay.errors",
            "production.admin",
            "production.capture");
  }

  @Test
  void onlyTheChosenCategoriesAreShown() {
    assertThat(ids(EnumSet.of(CheckCategory.TLS, CheckCategory.CONFIG)))
        .containsExactly(
            "config.file", "config.secrets", "tls.rabbitmq", "tls.expiry", "tls.insecure");
  }

  @Test
  void aPrerequisiteThatFailsIsShown() {
    fixture.network.refused.add(FakeAmqp.NODE);
    assertThat(ids(EnumSet.of(CheckCategory.PERMISSIONS)))
        .containsExactly(
            "network.rabbitmq", "permissions.user", "permissions.wide", "permissions.topics");
  }

  private List<String> ids(Set<CheckCategory> categories) {
    return Doctor.run(fixture.doctor().checks(), categories, DoctorFixture.LIMITS)
        .results()
        .stream()
        .map(result -> result.finding().id())
        .toList();
  }

  @Test
  void prerequisitesFormNoCircle() {
    List<DoctorCheck> checks = fixture.doctor().checks();
    Set<Finding> passed = EnumSet.noneOf(Finding.class);
    for (int round = 0; round < checks.size(); round++) {
      Stream<DoctorCheck> next =
          checks.stream().filter(check -> passed.containsAll(check.prerequisites()));
      passed.addAll(next.map(DoctorCheck::finding).toList());
    }
    assertThat(passed).containsExactly(Finding.values());
  }
}
