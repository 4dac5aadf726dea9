package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.PageTime;
import io.github.httplongcut.broker.core.Ending;
import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.broker.core.TimelineStep;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.WireLimits;
import java.io.IOException;

/**
 * JSON form of the account of a request. Texts from outside contain no characters that a terminal
 * does not display.
 */
final class RequestJson {

  private static final double NANOS_PER_TENTH_MS = 100_000;
  private static final double TENTHS = 10;

  private RequestJson() {}

  /** Writes the members of one line of a list. */
  static void writeLine(JsonGenerator json, RememberedRequest request, Captures captures)
      throws IOException {
    RequestRecord record = request.record();
    json.writeStringField("client_req_id", record.subject().clientReqId().toString());
    json.writeStringField("received_at", PageTime.format(request.receivedAt()));
    json.writeStringField("upstream_target", record.subject().target());
    json.writeStringField("method", shown(record.subject().method()));
    json.writeStringField("path", shown(record.subject().path()));
    json.writeStringField("outcome", record.outcome());
    json.writeNumberField("status", record.ending().map(Ending::status).orElse(0));
    json.writeNumberField("total_ms", millis(request.nanos()));
    json.writeStringField("client_agent", record.subject().clientId().toString());
    json.writeStringField(
        "upstream_agent", record.history().lastAgent().map(ProcessId::toString).orElse(""));
    json.writeNumberField("attempts", record.history().dispatches());
    json.writeBooleanField("captured", captures.contains(record.subject().clientReqId()));
  }

  /**
   * Writes the members of the whole account.
   *
   * @param broker the id of this broker
   */
  static void write(JsonGenerator json, RememberedRequest request, String broker)
      throws IOException {
    RequestRecord record = request.record();
    json.writeStringField("client_req_id", record.subject().clientReqId().toString());
    json.writeStringField("broker", broker);
    json.writeStringField("client_agent", record.subject().clientId().toString());
    json.writeStringField("upstream_target", record.subject().target());
    json.writeStringField("method", shown(record.subject().method()));
    json.writeStringField("path", shown(record.subject().path()));
    json.writeNumberField("request_bytes", record.subject().bytes());
    json.writeStringField("received_at", PageTime.format(request.receivedAt()));
    json.writeStringField("state", record.ending().isPresent() ? "over" : "in_flight");
    json.writeStringField("outcome", record.outcome());
    json.writeNumberField("status", record.ending().map(Ending::status).orElse(0));
    if (record.ending().flatMap(Ending::error).isPresent()) {
      writeError(json, record.ending().flatMap(Ending::error).get());
    }
    json.writeStringField("ran", record.ran().verdict().label());
    json.writeStringField("ran_why", record.ran().why());
    json.writeNumberField("total_ms", millis(request.nanos()));
    json.writeNumberField("attempts", record.history().dispatches());
    json.writeNumberField("omitted_steps", record.history().omittedSteps());
    writeSteps(json, record);
  }

  private static void writeError(JsonGenerator json, EventError error) throws IOException {
    json.writeObjectFieldStart("error");
    json.writeStringField("code", error.failure().code());
    json.writeStringField("detail", LogText.plain(error.message(), WireLimits.ERROR_MESSAGE_CHARS));
    json.writeStringField("hop", error.hop().wireName());
    json.writeEndObject();
  }

  private static void writeSteps(JsonGenerator json, RequestRecord record) throws IOException {
    json.writeArrayFieldStart("steps");
    for (TimelineStep step : record.history().steps()) {
      json.writeStartObject();
      json.writeNumberField("ms", millis(step.at() - record.history().receivedAt()));
      json.writeStringField("stage", step.stage().label());
      json.writeStringField("why", step.why());
      json.writeStringField("broker_req_id", step.brokerReqId().toString());
      json.writeStringField(
          "upstream_agent", step.upstreamAgent().map(ProcessId::toString).orElse(""));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static String shown(String text) {
    return LogText.plain(text, LogText.MAX_CHARS);
  }

  /** Returns milliseconds with one decimal. */
  private static double millis(long nanos) {
    return Math.round(nanos / NANOS_PER_TENTH_MS) / TENTHS;
  }
}
