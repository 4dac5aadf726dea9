package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.protocol.BrokerReport.BrokerHealth;
import io.github.httplongcut.protocol.BrokerReport.BrokerLoad;
import io.github.httplongcut.protocol.BrokerReport.ClientReport;
import io.github.httplongcut.protocol.BrokerReport.FlowReport;
import io.github.httplongcut.protocol.BrokerReport.OmittedReports;
import io.github.httplongcut.protocol.BrokerReport.TargetCounts;
import io.github.httplongcut.protocol.BrokerReport.TargetReport;
import io.github.httplongcut.protocol.BrokerReport.TrafficReport;
import io.github.httplongcut.protocol.Event.BrokerStatus;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the JSON of a {@code broker_status}, also that of hostile senders. */
class BrokerStatusTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ProcessId BROKER = ProcessId.parse("broker.one-abcdef");

  @Test
  void everyFieldSurvives() throws Exception {
    BrokerStatus status = new BrokerStatus(BROKER, "0.1.0", report());

    assertThat(EventCodec.decode(EventType.BROKER_STATUS, EventCodec.encode(status)))
        .containsExactly(status);
  }

  @Test
  void entriesHaveTheSizeThatIsCounted() {
    BrokerReport report = report();
    String encoded =
        new String(
            EventCodec.encode(new BrokerStatus(BROKER, "0.1.0", report)), StandardCharsets.UTF_8);
    int from = encoded.indexOf("\"targets\":[") + "\"targets\":[".length();
    int to = encoded.indexOf("],\"client_agents\":[{");

    assertThat(EventCodec.bytesOf(report.targets().get(0)))
        .isEqualTo(encoded.substring(from, to).getBytes(StandardCharsets.UTF_8).length + 1);
  }

  @Test
  void unknownFieldsAreIgnored() throws Exception {
    ObjectNode newer = sample();
    newer.set("later", MAPPER.readTree("{\"a\":[1,{\"b\":2}]}"));
    newer.set(
        "targets",
        MAPPER.readTree("[{\"name\":\"orders\",\"state\":\"ok\",\"later\":[[1]],\"n\":1.5}]"));

    assertThat(decode(newer).report().targets())
        .singleElement()
        .extracting(TargetReport::name)
        .isEqualTo("orders");
  }

  @Test
  void numbersAreClamped() throws Exception {
    ObjectNode hostile = sample();
    hostile.put("running", -5).put("waiting", Long.MAX_VALUE).put("window_ms", 0);

    BrokerReport report = decode(hostile).report();

    assertThat(report.load()).isEqualTo(new BrokerLoad(1_000_000_000, 0, 0, 0));
    assertThat(report.windowMillis()).isEqualTo(1);
  }

  @Test
  void reasonsAreCutAndCleaned() throws Exception {
    ObjectNode hostile = sample();
    hostile.put("reason", "\u001b[31m\n" + "x".repeat(2_000));

    assertThat(decode(hostile).report().health().reason())
        .hasSize(WireLimits.STATUS_REASON_CHARS - 1)
        .startsWith("[31m xxx");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"targets\":[1]}",
        "{\"targets\":[{\"name\":\"a b\",\"state\":\"ok\"}]}",
        "{\"targets\":[{\"state\":\"ok\"}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"<b>\"}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"ok\",\"latency\":[186,1]}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"ok\",\"latency\":[-1,1]}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"ok\",\"latency\":[1]}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"ok\",\"latency\":[1,\"x\"]}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"ok\",\"failures\":{\"<b>\":1}}]}",
        "{\"targets\":[{\"name\":\"a\",\"state\":\"ok\",\"failures\":{\"a\":{}}}]}",
        "{\"client_agents\":[{\"id\":\"nobody\"}]}",
        "{\"flows\":[{\"upstream_id\":\"plant.a-abcdef\",\"target\":\"#\"}]}",
        "{\"broker_id\":\"broker\"}",
        "{\"state\":\"a sentence\"}",
        "{\"requests\":99999999999999999999999}",
        "{\"omitted\":[]}"
      })
  void malformedContentIsRefused(String change) throws Exception {
    ObjectNode hostile = sample();
    hostile.setAll((ObjectNode) MAPPER.readTree(change));

    assertThatThrownBy(() -> decode(hostile)).isInstanceOf(MalformedEventException.class);
  }

  @Test
  void entriesAreLimited() throws Exception {
    ObjectNode hostile = sample();
    hostile.set(
        "flows",
        MAPPER.readTree(
            "["
                + "{\"upstream_id\":\"a.b-abcdef\",\"target\":\"t\"},"
                    .repeat(WireLimits.STATUS_ENTRIES)
                + "{\"upstream_id\":\"a.b-abcdef\",\"target\":\"t\"}]"));

    assertThatThrownBy(() -> decode(hostile)).hasMessageContaining("more than 1000 entries");
  }

  @Test
  void failuresOfATargetAreLimited() throws Exception {
    StringBuilder codes = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      codes.append("\"c").append(i).append("\":1,");
    }
    ObjectNode hostile = sample();
    hostile.set(
        "targets",
        MAPPER.readTree(
            "[{\"name\":\"t\",\"state\":\"ok\",\"failures\":{" + codes + "\"last\":1}}]"));

    assertThat(decode(hostile).report().targets().get(0).failures())
        .hasSize(WireLimits.STATUS_FIELDS);
  }

  @Test
  void aLongMessageIsNotParsed() throws Exception {
    byte[] message = Arrays.copyOf(MAPPER.writeValueAsBytes(sample()), WireLimits.STATUS_BYTES + 1);
    Arrays.fill(message, MAPPER.writeValueAsBytes(sample()).length, message.length, (byte) ' ');

    assertThatThrownBy(() -> EventCodec.decode(EventType.BROKER_STATUS, message))
        .hasMessage("longer than 65536 bytes");
    assertThat(
            EventCodec.decode(
                EventType.BROKER_STATUS, Arrays.copyOf(message, WireLimits.STATUS_BYTES)))
        .hasSize(1);
  }

  private static BrokerReport report() {
    int[] latency = new int[LatencyScale.BUCKETS];
    latency[3] = 17;
    latency[185] = 1;
    TrafficReport traffic = new TrafficReport(18, 2, LatencyCounts.of(latency));
    return new BrokerReport(
        new BrokerHealth("down", "no connection to \"RabbitMQ\"", "down", "closed", 61_000),
        new BrokerLoad(1, 2, 3, 4),
        9_500,
        traffic,
        List.of(
            new TargetReport(
                "orders",
                "no_agent",
                "no upstream agent since 14:02:11Z; the last was plant.plant-1-abcdef, läuft nicht",
                true,
                new TargetCounts(3, 2, 1L << 40, 7),
                traffic,
                Map.of("no_upstream_agent", 2))),
        List.of(new ClientReport(ProcessId.parse("acme.c-abcdef"), "0.0.9", 120, 1_000, 18)),
        List.of(new FlowReport(ProcessId.parse("plant.a-abcdef"), "orders", 18)),
        new OmittedReports(1, 2, 3));
  }

  private static ObjectNode sample() throws Exception {
    return (ObjectNode)
        MAPPER.readTree(BrokerStatusTest.class.getResourceAsStream("/events/broker_status.json"));
  }

  private static BrokerStatus decode(ObjectNode status) throws Exception {
    return (BrokerStatus)
        EventCodec.decode(EventType.BROKER_STATUS, MAPPER.writeValueAsBytes(status)).get(0);
  }
}
