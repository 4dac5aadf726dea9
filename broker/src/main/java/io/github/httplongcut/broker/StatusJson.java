package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.broker.core.AgentStatus;
import io.github.httplongcut.broker.core.ClientStatus;
import io.github.httplongcut.broker.core.StatusSnapshot;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.logging.LogText;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** JSON form of the targets, upstream agents and client agents of a {@link StatusSnapshot}. */
final class StatusJson {

  static final int MAX_TARGETS = 1_000;

  /** Targets with agents first, then those with the most requests. */
  private static final Comparator<TargetStatus> BY_IMPORTANCE =
      Comparator.<TargetStatus>comparingInt(target -> target.agents().known() > 0 ? 0 : 1)
          .thenComparingInt(target -> -target.requests().inFlight() - target.requests().waiting())
          .thenComparing(TargetStatus::name);

  static final Comparator<AgentStatus> BY_TARGET_AND_ID =
      Comparator.comparing(AgentStatus::target).thenComparing(agent -> agent.id().toString());

  private final TargetReasons reasons;

  StatusJson(WallTime time) {
    this.reasons = new TargetReasons(time);
  }

  /** Writes the members from {@code targets} on. */
  void write(JsonGenerator json, StatusSnapshot snapshot) throws IOException {
    List<TargetStatus> targets =
        snapshot.targets().stream()
            .sorted(BY_IMPORTANCE)
            .limit(MAX_TARGETS)
            .sorted(Comparator.comparing(TargetStatus::name))
            .toList();
    json.writeArrayFieldStart("targets");
    for (TargetStatus target : targets) {
      write(json, target);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("upstream_agents");
    for (AgentStatus agent : snapshot.agents().stream().sorted(BY_TARGET_AND_ID).toList()) {
      json.writeStartObject();
      writeMembers(json, agent);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("client_agents");
    for (int i = snapshot.clients().size() - 1; i >= 0; i--) {
      write(json, snapshot.clients().get(i), snapshot.takenAt());
    }
    json.writeEndArray();
    json.writeObjectFieldStart("truncated");
    json.writeNumberField("targets", snapshot.targets().size() - targets.size());
    json.writeNumberField("upstream_agents", snapshot.moreAgents());
    json.writeEndObject();
  }

  private void write(JsonGenerator json, TargetStatus target) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", target.name());
    json.writeStringField("state", target.state().name().toLowerCase(Locale.ROOT));
    json.writeStringField("reason", reasons.of(target));
    json.writeBooleanField("served", target.served());
    json.writeNumberField("agents", target.agents().known());
    json.writeNumberField("capacity", target.agents().capacity());
    json.writeNumberField("free", target.agents().free());
    json.writeNumberField("in_flight", target.requests().inFlight());
    json.writeNumberField("waiting", target.requests().waiting());
    json.writeNumberField("answered", target.requests().answered());
    json.writeNumberField("failed", target.requests().failed());
    json.writeEndObject();
  }

  /** Writes the members of an upstream agent. */
  static void writeMembers(JsonGenerator json, AgentStatus agent) throws IOException {
    json.writeStringField("id", agent.id().toString());
    json.writeStringField("user", agent.id().user());
    json.writeStringField("target", agent.target());
    json.writeStringField("state", agent.state().wireName());
    json.writeStringField("standing", agent.standing());
    json.writeNumberField("capacity", agent.slots().capacity());
    json.writeNumberField("in_flight", agent.slots().inFlight());
    json.writeNumberField("free", agent.slots().free());
    json.writeNumberField("last_heard_ms", TimeUnit.NANOSECONDS.toMillis(agent.silentNanos()));
    json.writeNumberField("interval_ms", agent.intervalMillis());
    json.writeStringField("version", LogText.plain(agent.version(), LogText.MAX_CHARS));
    json.writeStringField("reason", agent.reason());
  }

  private static void write(JsonGenerator json, ClientStatus client, long takenAt)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", client.id().toString());
    json.writeStringField("user", client.id().user());
    json.writeStringField("version", client.version());
    json.writeNumberField(
        "last_request_ms", TimeUnit.NANOSECONDS.toMillis(takenAt - client.lastRequestAt()));
    json.writeNumberField("requests", client.requests());
    json.writeEndObject();
  }
}
