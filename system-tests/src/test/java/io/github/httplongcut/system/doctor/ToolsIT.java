package io.github.httplongcut.system.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.system.relay.Relay;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** {@code ./longcut status}, {@code trace} and {@code diag}, and all tools on a frozen RabbitMQ. */
@TestInstance(Lifecycle.PER_CLASS)
@Tag("any-rabbitmq")
class ToolsIT {

  /** Twice the time that the tools need at most, since the machine is busy with tests. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final Duration DIAG_LIMIT = Duration.ofSeconds(20);

  private DoctorBench bench;

  @BeforeAll
  void startRelay() {
    bench = DoctorBench.start();
  }

  @AfterAll
  void stopRelay() {
    if (bench != null) {
      bench.close();
    }
  }

  @BeforeEach
  void awaitHealthyRelay() {
    bench.awaitWell();
  }

  @Test
  void statusShowsTheRelayOnOneScreen() {
    ToolRun run = bench.run(DoctorLogin.OPERATOR, "status");

    assertThat(run.exitCode()).as(run.toString()).isZero();
    assertThat(run.out())
        .contains("all is well")
        .containsPattern("plain +ok +1")
        .containsPattern("checked +ok +1")
        .containsPattern("secure +ok +1")
        .contains(
            "broker.broker-1", "client-agent.client-agent-1", "upstream-agent.upstream-agent-1");
    assertThat(run.out().lines()).hasSizeLessThan(60);
    assertThat(run.took()).isLessThan(LIMIT);
  }

  @Test
  void statusTellsWhyTargetHasNoAgent() {
    bench.process(Role.UPSTREAM_AGENT).stop();
    try {
      await("a status with the lost agent")
          .atMost(Relay.PATIENCE)
          .untilAsserted(
              () -> {
                ToolRun run = bench.run(DoctorLogin.OPERATOR, "status");
                assertThat(run.exitCode()).as(run.toString()).isEqualTo(1);
                assertThat(run.out())
                    .doesNotContain("all is well")
                    .containsPattern("plain +no_agent +0.*no upstream agent since");
              });
    } finally {
      bench.startProcess(Role.UPSTREAM_AGENT);
    }
  }

  @Test
  void traceShowsTheWayOfAnAnsweredRequest() {
    String id = requestId(bench.get(DoctorBench.PLAIN));

    ToolRun run = bench.run(DoctorLogin.OPERATOR, "trace", id);

    assertThat(run.exitCode()).as(run.toString()).isZero();
    assertThat(run.out())
        .contains(id, "GET /plain/order to plain", "answered with status 200")
        .containsPattern("did it run +yes")
        .containsSubsequence("received", "dispatched", "over");
  }

  @Test
  void traceTellsWhyRequestFailed() {
    bench.plainServer().refuse();
    String id;
    try {
      HttpResponse<String> response = bench.get(DoctorBench.PLAIN);
      assertThat(response.statusCode()).isEqualTo(502);
      id = requestId(response);
    } finally {
      bench.plainServer().listen();
    }

    ToolRun run = bench.run(DoctorLogin.OPERATOR, "trace", id);

    assertThat(run.exitCode()).as(run.toString()).isEqualTo(1);
    assertThat(run.out())
        .contains(id, "upstream_unreachable", "connection refused")
        .containsPattern("did it run +no")
        .contains("check that the upstream server runs");
  }

  @Test
  void traceOfAnUnknownIdSaysWhomItAsked() {
    String id = UUID.randomUUID().toString();

    ToolRun run = bench.run(DoctorLogin.OPERATOR, "trace", id);

    assertThat(run.exitCode()).as(run.toString()).isEqualTo(4);
    assertThat(run.err()).contains(id, bench.adminUrl(Role.BROKER));
  }

  @Test
  void archiveHasEveryPartAndNoPassword() throws Exception {
    Path file = bench.file("well.zip");

    ToolRun run = bench.run(DoctorLogin.OPERATOR, "diag", "--out", file.toString());

    assertThat(run.exitCode()).as(run.toString()).isZero();
    assertThat(run.took()).isLessThan(DIAG_LIMIT);
    Map<String, String> parts = parts(file);
    assertThat(parts.keySet())
        .contains("versions.txt", "doctor.txt", "doctor.json", "MISSING.txt")
        .anyMatch(name -> name.startsWith("rabbitmq/"));
    for (String process : List.of("client-agent.client-agent-1", "broker.broker-1")) {
      Stream.of("process.json", "config.txt", "threads.txt", "log.txt", "metrics.txt")
          .forEach(
              page ->
                  assertThat(parts.keySet())
                      .anyMatch(
                          name -> name.matches("processes/%s-\\w{6}/%s".formatted(process, page))));
    }
    assertNoPassword(run, parts);
  }

  @Test
  void archiveOfTenantHasItsSettingsAndNoPassword() throws Exception {
    Path file = bench.file("tenant.zip");

    ToolRun run = bench.run(DoctorLogin.CLIENT_TENANT, "diag", "--out", file.toString());

    assertThat(run.exitCode()).as(run.toString()).isZero();
    Map<String, String> parts = parts(file);
    assertThat(parts.get("settings/client-agent.conf")).contains("routes");
    assertThat(parts.get("MISSING.txt")).contains("rabbitmq", "--management");
    assertNoPassword(run, parts);
  }

  @Test
  void frozenRabbitMqHangsNoTool() throws Exception {
    Path file = bench.file("frozen.zip");
    bench.rabbitMq().freeze();
    try {
      DoctorFindings doctor = bench.doctor(DoctorLogin.OPERATOR);
      assertThat(doctor.run().exitCode()).isEqualTo(1);
      assertThat(doctor.failed()).as(doctor.toString()).contains("rabbitmq.responds");
      assertThat(doctor.run().took()).isLessThan(LIMIT);

      DoctorFindings tenant = bench.doctor(DoctorLogin.CLIENT_TENANT);
      assertThat(tenant.failed()).as(tenant.toString()).contains("rabbitmq.responds");
      assertThat(tenant.run().took()).isLessThan(LIMIT);

      ToolRun status = bench.run(DoctorLogin.OPERATOR, "status");
      assertThat(status.exitCode()).as(status.toString()).isEqualTo(1);
      assertThat(status.out()).contains("did not answer within 2 s");
      assertThat(status.took()).isLessThan(LIMIT);

      ToolRun diag = bench.run(DoctorLogin.OPERATOR, "diag", "--out", file.toString());
      assertThat(diag.exitCode()).as(diag.toString()).isZero();
      assertThat(diag.took()).isLessThan(DIAG_LIMIT);
      Map<String, String> parts = parts(file);
      assertThat(parts.get("MISSING.txt")).contains("rabbitmq/", "did not answer within 2 s");
      assertNoPassword(diag, parts);
    } finally {
      bench.rabbitMq().thaw();
    }
  }

  private static String requestId(HttpResponse<String> response) {
    return response.headers().firstValue("Longcut-Request-Id").orElseThrow();
  }

  private static void assertNoPassword(ToolRun run, Map<String, String> parts) {
    assertThat(run.toString()).doesNotContain(BenchUser.SECRET);
    assertThat(parts).noneSatisfy((name, text) -> assertThat(text).contains(BenchUser.SECRET));
  }

  /** The files in an archive, by their names. */
  private static Map<String, String> parts(Path archive) throws IOException {
    Map<String, String> parts = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
        parts.put(entry.getName(), new String(zip.getInputStream(entry).readAllBytes(), UTF_8));
      }
    }
    return parts;
  }
}
