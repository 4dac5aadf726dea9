package io.github.httplongcut.cli.trace;

import static io.github.httplongcut.cli.trace.LogEntryTest.AGAIN;
import static io.github.httplongcut.cli.trace.LogEntryTest.ID;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.cli.Tools;
import io.github.httplongcut.cli.sources.StubServer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceCommandTest {

  private static final String TRACE =
      """
      {"client_req_id": "%s", "broker": "broker.broker-1-k3v7qa", "client_agent": "acme.shop-1-k3v7qa",
       "upstream_target": "orders", "method": "POST", "path": "/orders/7", "request_bytes": 12,
       "received_at": "2026-11-29T18:00:00.123Z", "state": "over", "outcome": "answered", "status": 200,
       "ran": "yes", "ran_why": "the upstream server answered", "total_ms": 130.12, "omitted_steps": 3,
       "steps": [{"ms": 0.0, "stage": "received", "why": "", "broker_req_id": "", "upstream_agent": ""},
                 {"ms": 0.1, "stage": "waiting", "why": "no agent free", "broker_req_id": "b-0"},
                 {"ms": 100.26, "stage": "dispatched", "why": "", "broker_req_id": "b-1", "upstream_agent": "plant.plant-1-x2m4cd"},
                 {"ms": 110.0, "stage": "dispatched", "why": "confirmed", "broker_req_id": "b-1", "upstream_agent": "plant.plant-1-x2m4cd"},
                 {"ms": 130.12, "stage": "over", "why": "answered"}]}
      """;

  private static final String UNKNOWN =
      "{\"error\": \"unknown_id\", \"detail\": \"not remembered\"}";

  @TempDir private Path directory;

  private final StubServer broker = new StubServer();
  private final StubServer other = new StubServer();
  private final Tools tool = Tools.of(sources -> new TraceCommand(sources));

  TraceCommandTest() {
    broker.answer("/api/requests/" + ID, 200, TRACE.formatted(ID));
    other.answer("/api/requests/" + ID, 404, UNKNOWN);
  }

  @AfterEach
  void stop() {
    broker.close();
    other.close();
  }

  @Test
  void timelineOfTheBrokerThatKnowsTheRequestIsShown() {
    assertThat(tool.run(ID, "--broker", other.url(), "--broker", broker.url())).isZero();

    assertThat(tool.out().replaceAll(" +", " "))
        .contains(
            "client_req_id " + ID,
            "request POST /orders/7 to orders, 12 bytes",
            "client agent acme.shop-1-k3v7qa",
            "broker broker.broker-1-k3v7qa at " + broker.url(),
            "ended answered with status 200 after 130.1 ms",
            "did it run yes: the upstream server answered",
            "next step none",
            " 0.1 waiting no agent free",
            "100.3 dispatched plant.plant-1-x2m4cd broker_req_id b-1",
            "110.0 dispatched plant.plant-1-x2m4cd confirmed\n",
            "130.1 over answered",
            "forgotten 3 of the steps")
        .doesNotContain("b-0");
  }

  @Test
  void failedRequestIsAFailureWithTheRemedy() {
    broker.answer(
        "/api/requests/" + ID,
        200,
        TRACE
            .formatted(ID)
            .replace("\"answered\", \"status\": 200", "\"upstream_timeout\", \"status\": 504")
            .replace(
                "\"ran\": \"yes\"",
                "\"error\": {\"code\": \"upstream_timeout\", \"detail\": \"no answer in 20s\","
                    + " \"hop\": \"upstream_agent\"}, \"ran\": \"maybe\""));

    assertThat(tool.run(ID, "--broker", broker.url())).isEqualTo(1);

    assertThat(tool.out().replaceAll(" +", " "))
        .contains(
            "error upstream_timeout: no answer in 20s",
            "did it run it may have run",
            "next step check the upstream server, and the target's timeout");
  }

  @Test
  void requestInFlightIsNoFailure() {
    broker.answer(
        "/api/requests/" + ID,
        200,
        TRACE
            .formatted(ID)
            .replace("\"over\", \"outcome\"", "\"in_flight\", \"outcome\"")
            .replace(
                "{\"ms\": 130.12, \"stage\": \"over\", \"why\": \"answered\"}",
                "{\"stage\": \"running\"}"));

    assertThat(tool.run(ID, "--broker", broker.url())).isZero();
    assertThat(tool.out()).contains("not yet: running for 130.1 ms");
  }

  @Test
  void unknownIdHasItsExitCodeAndAHint() {
    assertThat(tool.run("unknown-id", "--broker", broker.url(), "--broker", other.url()))
        .isEqualTo(1);
    broker.answer("/api/requests/unknown-id", 404, UNKNOWN);
    other.answer("/api/requests/unknown-id", 404, UNKNOWN);

    assertThat(tool.run("unknown-id", "--broker", broker.url(), "--broker", other.url()))
        .isEqualTo(4);

    assertThat(tool.err()).contains("nobody knows", broker.url(), other.url(), "1,000", "--log");
  }

  @Test
  void anIdIsNotUnknownWhileABrokerDoesNotAnswer() {
    broker.answer("/api/requests/unknown-id", 404, UNKNOWN);
    other.answer("/api/requests/unknown-id", 503, "{\"error\": \"loop_busy\"}");

    assertThat(tool.run("unknown-id", "--broker", broker.url(), "--broker", other.url()))
        .isEqualTo(1);

    assertThat(tool.err())
        .contains("may be known to " + other.url())
        .contains("unknown to " + broker.url())
        .doesNotContain("nobody knows");
  }

  @Test
  void aLogThatDoesNotKnowTheIdSaysNothingOfASilentBroker() throws IOException {
    Path log = Files.writeString(directory.resolve("access.log"), "noise\n");
    other.answer("/api/requests/unknown-id", 503, "{\"error\": \"loop_busy\"}");

    assertThat(tool.run("unknown-id", "--log", log.toString(), "--broker", other.url()))
        .isEqualTo(1);
  }

  @Test
  void brokerThatDoesNotAnswerIsNamed() {
    String gone = other.url();
    other.close();

    assertThat(tool.run(ID, "--broker", gone, "--broker", broker.url())).isZero();

    assertThat(tool.err()).contains(gone, "Connection refused");
    assertThat(tool.out()).contains("130.1");
  }

  @Test
  void laterPublicationsOfTheLogAreFollowed() throws IOException {
    broker.answer("/api/requests/" + ID, 404, UNKNOWN);
    other.answer("/api/requests/" + AGAIN, 200, TRACE.formatted(AGAIN));
    Path log =
        Files.writeString(
            directory.resolve("access.log"), "\n{}\nnoise\n" + LogEntryTest.JSON_LINE);

    // A prefix is enough, also one of a later publication.
    assertThat(
            tool.run(
                AGAIN.substring(0, 8),
                "--log",
                log.toString(),
                "--broker",
                broker.url(),
                "--broker",
                other.url()))
        .isEqualTo(1);

    assertThat(tool.out().replaceAll(" +", " "))
        .contains(
            "client_req_id " + ID,
            AGAIN + ", published again",
            "ended upstream_timeout with status 504 after 20130.1 ms",
            "client_req_id " + AGAIN,
            "100.3 dispatched");
  }

  @Test
  void logAloneTellsWhetherTheRequestMayHaveRun() throws IOException {
    Path log = directory.resolve("access.log.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(log))) {
      out.write((LogEntryTest.COMBINED_LINE + "\n").getBytes(StandardCharsets.UTF_8));
    }

    assertThat(tool.run(ID, "--log", log.toString())).isEqualTo(1);

    assertThat(tool.out().replaceAll(" +", " "))
        .contains("did it run it may have run", "next step check the upstream server");
  }

  @Test
  void ambiguousPrefixIsAWrongUsage() throws IOException {
    String second = LogEntryTest.JSON_LINE.replace("8d74-92aaf6116343", "8d74-92aaf6116344");
    Path log = Files.writeString(directory.resolve("access.log"), LogEntryTest.JSON_LINE + second);

    assertThat(tool.run(ID.substring(0, 8), "--log", log.toString())).isEqualTo(2);

    assertThat(tool.err()).contains("several requests", ID);
  }

  @Test
  void invalidIdsAndMissingSourcesAreAWrongUsage() {
    assertThat(tool.run("short", "--broker", broker.url())).isEqualTo(2);
    assertThat(tool.run(ID + "/../../status", "--broker", broker.url())).isEqualTo(2);
    assertThat(tool.run(ID)).isEqualTo(2);
    assertThat(tool.run(ID, "--log", directory.resolve("missing").toString())).isEqualTo(2);
    assertThat(tool.err()).contains("at least 8", "no source", "cannot read");
  }

  @Test
  void jsonHasTheBrokersAnswer() throws IOException {
    assertThat(tool.run(ID, "--broker", broker.url(), "--broker", other.url(), "--json")).isZero();

    JsonNode json = new ObjectMapper().readTree(tool.out());
    assertThat(json.path("known").asBoolean()).isTrue();
    assertThat(json.path("requests").get(0).path("steps")).hasSize(5);
    assertThat(json.path("ran").asText()).startsWith("yes");
    assertThat(json.path("asked")).hasSize(2);
  }

  @Test
  void textHasNoControlCharactersOfOthers() {
    broker.answer(
        "/api/requests/" + ID,
        200,
        TRACE
            .formatted(ID)
            .replace("/orders/7", "/\\u001b[2J\\u009b")
            .replace("no agent free", "\\u001b]0;x"));

    tool.run(ID, "--broker", broker.url());

    assertThat(tool.out()).doesNotContain("\033", "\u009b").contains("[2J");
  }
}
