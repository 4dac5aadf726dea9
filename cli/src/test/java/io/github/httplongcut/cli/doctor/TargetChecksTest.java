package io.github.httplongcut.cli.doctor;

import static io.github.httplongcut.cli.doctor.DoctorFixture.agent;
import static io.github.httplongcut.cli.doctor.DoctorFixture.target;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.Given.Sections;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.Sources;
import io.github.httplongcut.upstream.UpstreamAgentConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetChecksTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @TempDir private Path directory;

  @Test
  void aTargetWithAnAgentIsWell() {
    fixture.assertOk(Finding.TARGETS_AGENTS, "upstream agents for orders");
    fixture.assertOk(Finding.TARGETS_CAPACITY, "no request waits");
    fixture.assertOk(Finding.TARGETS_SERVER, "accept connections");
    fixture.assertOk(Finding.TARGETS_HEALTH, "no health check fails");
    fixture.assertOk(Finding.TARGETS_CERTIFICATE, "are valid");
  }

  @Test
  void aTargetWithoutAnAgentFails() {
    fixture.status(target("no_agent", "no upstream agent since 14:02:11Z"), "");
    fixture.assertFails(
        Finding.TARGETS_AGENTS,
        "no upstream agent for orders | orders: no upstream agent since 14:02:11Z");
  }

  /** A caller can ask for any name. */
  @Test
  void aTargetThatNeverHadAnAgentIsNoFailure() {
    String misspelled =
        "{'name': 'ordres', 'state': 'no_agent', 'reason': 'no upstream agent: this broker has seen"
            + " none for this target', 'served': false}";
    fixture.status(target("ok", "") + "," + misspelled.replace('\'', '"'), "");
    fixture.assertOk(
        Finding.TARGETS_AGENTS, "upstream agents for orders; asked for, and never served: ordres");

    called("ordres");
    fixture.assertFails(Finding.TARGETS_AGENTS, "no upstream agent for ordres");
  }

  /** Its agent runs: the remedy is not to start another. */
  @Test
  void aTargetThatAHealthCheckWithdrewHasAnAgent() {
    fixture.status(
        target(
            "no_agent",
            "no upstream agent since 14:02:11Z; the last was plant.plant-1-x2m4cd, which said:"
                + " health check GET /health answers 500"),
        "");
    assertThat(fixture.failures()).containsExactly("targets.health");
  }

  /** RabbitMQ blocks the agents' heartbeats. */
  @Test
  void anAlarmExplainsThatATargetHasNoAgent() {
    fixture.management.alarm = Optional.of("memory");
    fixture.status(target("no_agent", "no upstream agent since 14:02:11Z"), "");
    fixture.assertSkipped(Finding.TARGETS_AGENTS, "rabbitmq.alarms failed");
  }

  @Test
  void aRelayWithoutAnyAgentFails() {
    fixture.status("", "");
    fixture.assertFails(Finding.TARGETS_AGENTS, "no upstream agent at all");
  }

  @Test
  void aTargetOfAClientAgentThatNoBrokerKnowsFails() {
    called("orders", "billing");
    fixture.assertFails(
        Finding.TARGETS_AGENTS, "no upstream agent for billing | billing: no broker knows it");
  }

  private void called(String... targets) {
    fixture.given =
        new Given(
            Optional.empty(),
            List.of(),
            new Sections(Set.of(Role.CLIENT_AGENT), List.of(), Set.of(targets)),
            List.of());
  }

  @Test
  void aFullTargetFailsIfRequestsWait() {
    fixture.status(target("full", ""), agent("good", 100, ""));
    fixture.assertFails(Finding.TARGETS_CAPACITY, "orders: 4 of 4 slots in use, 2 requests wait");

    fixture.status(
        "{\"name\": \"orders\", \"state\": \"full\", \"waiting\": 0}", agent("good", 100, ""));
    fixture.assertOk(Finding.TARGETS_CAPACITY, "no request waits");
  }

  @ParameterizedTest
  @CsvSource({
    "since 14:02:11Z: cannot connect to 10.0.0.5:8080: connection refused, targets.server",
    "health check GET /health: cannot connect to 10.0.0.5:8080: timed out, targets.server",
    "health check GET /health answers 500, targets.health",
    "health check GET /health: no response within 2000 ms, targets.health",
    "cannot connect to x:443: TLS handshake failed: NotAfter: Sat, targets.certificate",
  })
  void theReasonOfAnAgentTellsTheFinding(String reason, String finding) {
    fixture.status(target("failing", ""), agent("failing", 100, reason));
    assertThat(fixture.failures()).containsExactly(finding);
  }

  @Test
  void anAgentThatStopsHasNoFaultOfItsServer() {
    fixture.status(target("ok", ""), agent("good", 100, "the agent is stopping"));
    assertThat(fixture.failures()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "NotAfter: Sat Jan 01, EXPIRED",
    "NotBefore: Sat Jan 01, NOT_YET_VALID",
    "unable to find valid certification path to requested target, UNKNOWN_CA",
    "No subject alternative DNS name matching localhost found., WRONG_HOST",
    "Received fatal alert: handshake_failure, HANDSHAKE_FAILED",
  })
  void eachFaultOfACertificateHasItsRemedy(String reason, CertificateFault fault) {
    fixture.status(
        target("failing", "cannot connect to x:443: TLS handshake failed: " + reason), "");

    CheckResult result = fixture.assertFails(Finding.TARGETS_CERTIFICATE, fault.words());

    assertThat(result.remedy()).isEqualTo(fault.remedy());
  }

  @Test
  void withoutBrokersAndSettingsTheTargetsAreSkipped() {
    fixture.tenant("plant");
    fixture.assertSkipped(Finding.TARGETS_AGENTS, "needs --broker");
    fixture.assertSkipped(Finding.TARGETS_CAPACITY, "needs --broker");
    fixture.assertSkipped(Finding.TARGETS_SERVER, "needs --broker, or --config");
    fixture.assertSkipped(Finding.TARGETS_HEALTH, "needs --broker, or --config");
    fixture.assertSkipped(Finding.TARGETS_CERTIFICATE, "needs --broker, or --config");
  }

  @Test
  void aServerOfTheSettingsFileIsTriedDirectly() {
    serve("url = \"http://10.0.0.5:8080/api\"");
    fixture.assertOk(Finding.TARGETS_SERVER, "accept connections");

    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    fixture.assertFails(
        Finding.TARGETS_SERVER, "cannot connect to 10.0.0.5:8080: Connection refused");
  }

  @Test
  void aServerOfARunningAgentIsTriedDirectly() {
    agentServes("{'name': 'orders', 'url': 'http://10.0.0.5:8080/api', 'insecure': false}");
    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    fixture.assertFails(
        Finding.TARGETS_SERVER, "orders: cannot connect to 10.0.0.5:8080: Connection refused");
  }

  /** Otherwise another machine could make the doctor send requests to a server of its choice. */
  @Test
  void aServerOfAnAgentOnAnotherMachineIsNotTried() {
    fixture.agent = new FakeAdmin("http://plant-1.example:8003");
    fixture.agent.page("/api/process", DoctorFixture.description("upstream-agent", "u", "1.0.0"));
    agentServes("{'name': 'orders', 'url': 'http://10.0.0.5:8080'}");
    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    fixture.assertOk(Finding.TARGETS_SERVER, "accept connections");
  }

  /** Any local program may listen on the port of an agent that does not run. */
  @Test
  void thePageOfAForeignProgramIncludesNoFileAndNoVariable() throws Exception {
    Path included =
        Files.writeString(
            directory.resolve("included.conf"),
            settings("url = \"http://10.0.0.5:8080\", health-check.path = /${PATH}"));
    String hostile = "include file(\"" + included + "\")";
    fixture.agent.page("/api/config", hostile).page("/api/targets", hostile);
    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    fixture.assertOk(Finding.TARGETS_SERVER, "accept connections");
    fixture.assertOk(Finding.TARGETS_HEALTH, "no health check fails");

    try (OneLineServer server = new OneLineServer(Optional.empty(), "HTTP/1.1 404 Not Found\r\n")) {
      agentServes(
          "{'name': 'orders', 'url': 'http://%s', 'health_path': '/${PATH}'}"
              .formatted(server.address()));
      fixture.assertFails(Finding.TARGETS_HEALTH, "health check GET /${PATH} answers 404");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'url': 'ftp://10.0.0.5'",
        "'url': 'http://user:secret@10.0.0.5:8080'",
        "'url': 'http://10.0.0.5:99999'",
        "'url': 'not a URL'",
        "'url': 'http://10.0.0.5:8080', 'health_path': '/ HTTP/1.1\\r\\nX: y\\r\\n'",
        "'url': 'http://10.0.0.5:8080', 'health_path': 'http://other/'",
        "'url': 'https://10.0.0.5:8080', 'ca_file': '/dev/zero'",
        "'url': 'https://10.0.0.5:8080', 'ca_file': '/proc/kmsg'",
        "'url': 'https://10.0.0.5:8080', 'ca_file': '\\u0000'",
      })
  void invalidTargetsOfAnAgentAreLeftOut(String fields) {
    agentServes("{'name': 'orders', " + fields + '}');
    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    assertThat(fixture.failures()).isEmpty();
  }

  @Test
  void anAgentHasALimitedNumberOfServersThatAreTried() {
    String many =
        IntStream.range(0, 1_000)
            .mapToObj(i -> "{'name': 't%d', 'url': 'http://10.0.0.5:8080'}".formatted(i))
            .collect(Collectors.joining(","));
    agentServes(many);
    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    CheckResult result = fixture.assertFails(Finding.TARGETS_SERVER, "t99: cannot connect");
    assertThat(result.seen() + result.why()).doesNotContain("t100:");
  }

  @Test
  void eachServerOfATargetIsTried() {
    serve("url = \"http://10.0.0.4:8080\"");
    agentServes("{'name': 'orders', 'url': 'http://10.0.0.5:8080'}");
    fixture.network.refused.add(new Address("10.0.0.5", 8080));
    fixture.assertFails(
        Finding.TARGETS_SERVER, "orders at 10.0.0.5:8080: cannot connect to 10.0.0.5:8080");
  }

  private void agentServes(String targets) {
    fixture.agent.page("/api/targets", ("{'targets': [" + targets + "]}").replace('\'', '"'));
  }

  @Test
  void theHealthCheckIsTriedDirectly() throws Exception {
    try (OneLineServer server =
        new OneLineServer(Optional.empty(), "HTTP/1.1 204 No Content\r\n")) {
      serve("url = \"http://%s\", health-check.path = /health".formatted(server.address()));
      fixture.assertOk(Finding.TARGETS_HEALTH, "no health check fails");
    }
    try (OneLineServer server = new OneLineServer(Optional.empty(), "HTTP/1.1 503 \r\n")) {
      serve(
          "url = \"http://%s\", health-check.path = \"/health?key=x\"".formatted(server.address()));
      fixture.assertFails(Finding.TARGETS_HEALTH, "orders: health check GET /health answers 503");
    }
    try (OneLineServer server = new OneLineServer(Optional.empty(), "220 mail\r\n")) {
      serve("url = \"http://%s\", health-check.path = /health".formatted(server.address()));
      fixture.assertFails(Finding.TARGETS_HEALTH, "the answer is not HTTP/1.1: \"220 mail\"");
    }
  }

  @Test
  void theCertificateIsLookedAtDirectly() throws Exception {
    TestCertificate certificate = TestCertificate.valid(directory);
    try (OneLineServer server = new OneLineServer(Optional.of(certificate.context()), "")) {
      serve(
          "url = \"https://%s\", ca-file = \"%s\"".formatted(server.address(), certificate.pem()));
      fixture.clock = Clock.systemUTC();
      fixture.assertOk(Finding.TARGETS_CERTIFICATE, "are valid");

      fixture.clock = Clock.offset(Clock.systemUTC(), Duration.ofDays(364));
      CheckResult result =
          fixture.assertFails(
              Finding.TARGETS_CERTIFICATE,
              "orders: its certificate has expired | orders: it expired at 20");
      assertThat(result.remedy()).isEqualTo(CertificateFault.EXPIRED.remedy());
    }
  }

  @Test
  void aHealthCheckByTlsUsesTheTargetsTrust() throws Exception {
    TestCertificate certificate = TestCertificate.valid(directory);
    try (OneLineServer server =
        new OneLineServer(Optional.of(certificate.context()), "HTTP/1.1 200 OK\r\n")) {
      String url = "url = \"https://%s\", health-check.path = /, ".formatted(server.address());
      serve(url + "ca-file = \"" + certificate.pem() + '"');
      fixture.assertOk(Finding.TARGETS_HEALTH, "no health check fails");

      serve(url + "insecure = true");
      fixture.assertOk(Finding.TARGETS_HEALTH, "no health check fails");
      fixture.assertFails(Finding.TLS_INSECURE, "target orders has insecure = true");

      serve(url);
      fixture.assertFails(Finding.TARGETS_HEALTH, "no answer to the health check: TLS failed");
    }
  }

  private void serve(String target) {
    fixture.given =
        new Given(
            Optional.empty(),
            List.of(),
            new Sections(
                Set.of(Role.UPSTREAM_AGENT),
                Sources.parse(settings(target), UpstreamAgentConfig::read).targets(),
                Set.of()),
            List.of());
  }

  private static String settings(String target) {
    return """
        longcut {
          amqp.uris = "amqp://plant:a-password@127.0.0.1/longcut"
          upstream-agent.targets.orders { %s }
        }"""
        .formatted(target);
  }
}
