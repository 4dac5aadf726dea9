package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.PageTime;
import io.github.httplongcut.admin.ProcessInfo;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.broker.core.Intake;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.session.SessionState;
import java.io.IOException;
import java.util.Locale;
import java.util.function.Supplier;

/** Page {@code /api/status} of a broker. Thread-safe. */
final class StatusPage {

  private final StatusBoard board;
  private final StatusJson parties;
  private final ProcessInfo process;
  private final WallTime time;
  private final Live live;

  /**
   * Parts of the status that are not in the snapshot. The suppliers are thread-safe.
   *
   * @param session state of the connections to RabbitMQ
   * @param intake state of the consumption of requests
   * @param readiness readiness of the consumption, which explains its state
   * @param limits limits of the broker
   */
  record Live(
      Supplier<SessionState> session,
      Supplier<Intake.State> intake,
      Supplier<Readiness.State> readiness,
      BrokerConfig.Limits limits) {}

  StatusPage(StatusBoard board, ProcessInfo process, WallTime time, Live live) {
    this.board = board;
    this.parties = new StatusJson(time);
    this.process = process;
    this.time = time;
    this.live = live;
  }

  /** Returns the page. */
  PageAnswer page() {
    return board
        .last()
        .map(snapshot -> PageAnswer.json(200, json -> write(json, snapshot)))
        .orElseGet(() -> PageAnswer.error(503, "starting", "the broker has just started"));
  }

  private void write(JsonGenerator json, StatusSnapshot snapshot) throws IOException {
    json.writeObjectFieldStart("process");
    process.write(json);
    json.writeEndObject();
    json.writeStringField("taken_at", PageTime.format(time.of(snapshot.takenAt())));
    writeRabbitMq(json, live.session.get());
    json.writeObjectFieldStart("intake");
    json.writeStringField("state", live.intake.get().name().toLowerCase(Locale.ROOT));
    json.writeStringField("detail", live.readiness.get().detail());
    json.writeEndObject();
    json.writeObjectFieldStart("requests");
    json.writeNumberField("waiting", snapshot.requests().waiting());
    json.writeNumberField("settling", snapshot.requests().settling());
    json.writeNumberField("dispatched", snapshot.requests().dispatched());
    json.writeNumberField("running", snapshot.requests().running());
    json.writeNumberField("max_in_flight", live.limits.maxInFlight());
    json.writeNumberField("max_waiting", live.limits.waiting().total());
    json.writeEndObject();
    parties.write(json, snapshot);
  }

  /** Returns the state of the connections in one word. */
  static String wordOf(SessionState session) {
    return session.blocked() ? "blocked" : session.isHealthy() ? "up" : "down";
  }

  private static void writeRabbitMq(JsonGenerator json, SessionState session) throws IOException {
    json.writeObjectFieldStart("rabbitmq");
    json.writeStringField("state", wordOf(session));
    json.writeStringField("detail", session.describe());
    json.writeEndObject();
  }
}
