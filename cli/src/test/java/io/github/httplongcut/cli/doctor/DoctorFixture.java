package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.CheckResult.Status;
import io.github.httplongcut.cli.doctor.Doctor.Limits;
import io.github.httplongcut.config.Version;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/** A relay that is well, seen by an operator, until a test changes something. */
final class DoctorFixture {

  static final Instant NOW = Instant.parse("2026-11-29T18:00:00Z");

  /** Time enough on a busy machine. */
  static final Limits LIMITS = new Limits(Duration.ofSeconds(30), Duration.ofMinutes(1));

  static final String PROBE = "doctor-k3v7qa";

  final FakeAmqp amqp = new FakeAmqp();
  final FakeManagement management = new FakeManagement();
  final FakeNetwork network = new FakeNetwork();
  final FakeAdmin broker = admin(8002, "broker", "broker.broker-1-aaaaaa");
  FakeAdmin agent = admin(8003, "upstream-agent", "upstream-agent.upstream-agent-1-bbbbbb");

  Given given = Given.NO_FILE;
  Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
  private boolean hasAmqp = true;
  private boolean hasManagement = true;
  private boolean hasBroker = true;

  DoctorFixture() {
    status(target("ok", ""), agent("good", 120, ""));
    requests();
    agent.page("/api/targets", "{\"targets\": []}");
  }

  private static FakeAdmin admin(int port, String role, String id) {
    return new FakeAdmin("http://127.0.0.1:" + port)
        .page("/api/process", description(role, id, Version.current()));
  }

  static String description(String role, String id, String version) {
    return """
    {"role": "%s", "id": "%s", "version": "%s", "ready": true, "conditions": []}\
    """
        .formatted(role, id, version);
  }

  /** Sets the broker's status. */
  DoctorFixture status(String target, String agentJson) {
    broker.page(
        "/api/status",
        "{\"targets\": [%s], \"upstream_agents\": [%s]}".formatted(target, agentJson));
    return this;
  }

  /** Returns the target {@code orders}. */
  static String target(String state, String reason) {
    return """
    {"name": "orders", "state": "%s", "reason": "%s", "served": true, "capacity": 4, "in_flight": 4, "waiting": 2}\
    """
        .formatted(state, reason);
  }

  /** Returns an agent of the target {@code orders}. */
  static String agent(String standing, long lastHeardMs, String reason) {
    return """
    {"id": "plant.plant-1-x2m4cd", "target": "orders", "state": "ready", "standing": "%s",
     "last_heard_ms": %d, "version": "%s", "reason": "%s"}\
    """
        .formatted(standing, lastHeardMs, Version.current(), reason);
  }

  /** Sets the outcomes of the last finished requests. */
  DoctorFixture requests(String... outcomes) {
    List<String> requests = new ArrayList<>();
    for (String outcome : outcomes) {
      requests.add(
          "{\"received_at\": \"%s\", \"outcome\": \"%s\"}"
              .formatted(NOW.minusSeconds(10), outcome));
    }
    broker.page("/api/requests?limit=500", "{\"requests\": [" + String.join(",", requests) + "]}");
    return this;
  }

  /** Removes everything that a tenant does not have. */
  DoctorFixture tenant(String user) {
    amqp.user = user;
    hasManagement = false;
    hasBroker = false;
    return this;
  }

  DoctorFixture withoutAmqp() {
    hasAmqp = false;
    return this;
  }

  DoctorFixture withoutManagement() {
    hasManagement = false;
    return this;
  }

  DoctorFixture withoutBroker() {
    hasBroker = false;
    return this;
  }

  Doctor doctor() {
    RelayFacts relay =
        hasBroker ? new RelayFacts(List.of(broker), List.of(broker, agent)) : RelayFacts.NONE;
    Facts facts =
        new Facts(
            given,
            network,
            hasAmqp ? Optional.of(amqp) : Optional.empty(),
            hasManagement ? Optional.of(management.facts()) : Optional.empty(),
            relay);
    return new Doctor(facts, clock, PROBE);
  }

  /** Runs all checks. */
  DoctorReport report() {
    return Doctor.run(doctor().checks(), CheckCategory.usual(), LIMITS);
  }

  /** Runs the checks before production. */
  DoctorReport productionReport() {
    return Doctor.run(doctor().checks(), EnumSet.of(CheckCategory.PRODUCTION), LIMITS);
  }

  /** Runs all checks, and returns the result of one. */
  CheckResult result(Finding finding) {
    boolean production = finding.category() == CheckCategory.PRODUCTION;
    return (production ? productionReport() : report())
        .results().stream().filter(result -> result.finding() == finding).findFirst().orElseThrow();
  }

  void assertOk(Finding finding, String seen) {
    CheckResult result = result(finding);
    assertThat(result).isEqualTo(CheckResult.ok(finding, result.seen()));
    assertThat(result.seen()).contains(seen);
  }

  void assertSkipped(Finding finding, String why) {
    CheckResult result = result(finding);
    assertThat(result).isEqualTo(CheckResult.skip(finding, result.seen()));
    assertThat(result.seen()).contains(why);
  }

  /** Asserts that the check fails with this text in what it has seen, or in the reason. */
  CheckResult assertFails(Finding finding, String text) {
    CheckResult result = result(finding);
    assertThat(result.failed()).as("%s", result).isTrue();
    assertThat(result.seen() + " | " + result.why()).contains(text);
    assertThat(result.remedy()).isNotBlank();
    return result;
  }

  /** Returns the ids of the checks that fail. */
  List<String> failures() {
    return report().results().stream()
        .filter(CheckResult::failed)
        .map(result -> result.finding().id())
        .toList();
  }

  /** Returns the ids of the checks that are skipped. */
  List<String> skipped() {
    return report().results().stream()
        .filter(result -> result.status() == Status.SKIP)
        .map(result -> result.finding().id())
        .toList();
  }
}
