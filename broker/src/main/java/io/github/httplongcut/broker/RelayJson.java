package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.PageTime;
import io.github.httplongcut.broker.core.AgentStatus;
import io.github.httplongcut.broker.core.KnownBrokers.KnownBroker;
import io.github.httplongcut.broker.core.RelayState;
import io.github.httplongcut.broker.core.RelayState.AgentOfTarget;
import io.github.httplongcut.broker.core.RelayState.RelayClient;
import io.github.httplongcut.broker.core.RelayState.RelayFlow;
import io.github.httplongcut.broker.core.RelayState.RelayTarget;
import io.github.httplongcut.broker.core.RelayState.RelayTraffic;
import io.github.httplongcut.broker.core.TargetStatus;
import io.github.httplongcut.protocol.BrokerReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/** JSON form of a {@link RelayState}. */
final class RelayJson {

  static final int MAX_TARGETS = 1_000;
  static final int MAX_CLIENTS = 1_000;
  static final int MAX_FLOWS = 500;

  private static final double HUNDRED = 100;

  /** Served targets first, then those with the most requests. */
  private static final Comparator<RelayTarget> BY_IMPORTANCE =
      Comparator.<RelayTarget>comparingInt(target -> target.served() ? 0 : 1)
          .thenComparingDouble(target -> -target.traffic().rate())
          .thenComparing(RelayTarget::name);

  private final WallTime time;

  RelayJson(WallTime time) {
    this.time = time;
  }

  /** Writes the members from {@code brokers} on. */
  void write(JsonGenerator json, RelayState state) throws IOException {
    json.writeArrayFieldStart("brokers");
    for (KnownBroker broker : state.brokers()) {
      write(json, broker);
    }
    json.writeEndArray();
    List<RelayTarget> targets = new ArrayList<>(state.targets());
    targets.sort(BY_IMPORTANCE);
    targets = new ArrayList<>(firsts(targets, MAX_TARGETS));
    targets.sort(Comparator.comparing(RelayTarget::name));
    json.writeArrayFieldStart("targets");
    for (RelayTarget target : targets) {
      write(json, target);
    }
    json.writeEndArray();
    writeAgents(json, state);
    List<RelayClient> clients = firsts(state.clients(), MAX_CLIENTS);
    json.writeArrayFieldStart("client_agents");
    for (RelayClient client : clients) {
      write(json, client);
    }
    json.writeEndArray();
    List<RelayFlow> flows = firsts(state.flows(), MAX_FLOWS);
    json.writeArrayFieldStart("flows");
    for (RelayFlow flow : flows) {
      write(json, flow);
    }
    json.writeEndArray();
    json.writeObjectFieldStart("truncated");
    json.writeNumberField(
        "targets", state.targets().size() - targets.size() + state.omitted().targets());
    json.writeNumberField("upstream_agents", state.own().moreAgents());
    json.writeNumberField(
        "client_agents", state.clients().size() - clients.size() + state.omitted().clients());
    json.writeNumberField("flows", state.flows().size() - flows.size() + state.omitted().flows());
    json.writeEndObject();
  }

  private static <T> List<T> firsts(List<T> all, int most) {
    return all.subList(0, Math.min(all.size(), most));
  }

  private static void write(JsonGenerator json, KnownBroker broker) throws IOException {
    BrokerReport report = broker.status().report();
    boolean silent = broker.isSilent();
    json.writeStartObject();
    json.writeStringField("id", broker.status().brokerId().toString());
    json.writeStringField("name", broker.status().brokerId().name());
    json.writeStringField("version", broker.status().version());
    json.writeStringField("state", silent ? "silent" : report.health().state());
    json.writeStringField("reason", silent ? silence(broker) : report.health().reason());
    json.writeBooleanField("this", broker.own());
    json.writeNumberField(
        "heard_ms", broker.own() ? 0 : TimeUnit.NANOSECONDS.toMillis(broker.silentNanos()));
    json.writeNumberField("uptime_ms", report.health().uptimeMillis());
    json.writeStringField("rabbitmq", report.health().rabbitMq());
    json.writeStringField("intake", report.health().intake());
    json.writeNumberField("waiting", report.load().waiting());
    json.writeNumberField("settling", report.load().settling());
    json.writeNumberField("dispatched", report.load().dispatched());
    json.writeNumberField("running", report.load().running());
    json.writeNumberField(
        "rate", silent ? 0 : rounded(report.traffic().requests() * 1e3 / report.windowMillis()));
    json.writeEndObject();
  }

  private static String silence(KnownBroker broker) {
    return "no broker_status for " + TimeUnit.NANOSECONDS.toSeconds(broker.silentNanos()) + " s";
  }

  private static void write(JsonGenerator json, RelayTarget target) throws IOException {
    TargetStatus.Agents agents = target.agents();
    json.writeStartObject();
    json.writeStringField("name", target.name());
    json.writeStringField("state", target.state());
    json.writeStringField("reason", target.reason());
    json.writeBooleanField("served", target.served());
    json.writeNumberField("ready", agents.counts().ready());
    json.writeNumberField("full", agents.counts().full());
    json.writeNumberField("draining", agents.counts().draining());
    json.writeNumberField("suspect", agents.counts().suspect());
    json.writeNumberField("failing", agents.counts().failing());
    json.writeNumberField("capacity", agents.capacity());
    json.writeNumberField("free", agents.free());
    write(json, target.traffic());
    json.writeNumberField("answered", target.answered());
    json.writeNumberField("failed", target.failed());
    json.writeObjectFieldStart("failures");
    for (Map.Entry<String, Long> each : target.failures().entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, RelayTraffic traffic) throws IOException {
    json.writeNumberField("in_flight", traffic.inFlight());
    json.writeNumberField("waiting", traffic.waiting());
    json.writeNumberField("rate", rounded(traffic.rate()));
    json.writeNumberField("failed_rate", rounded(traffic.failedRate()));
    writeTime(json, "p50_ms", traffic.p50Millis());
    writeTime(json, "p99_ms", traffic.p99Millis());
  }

  private static void writeTime(JsonGenerator json, String name, OptionalDouble millis)
      throws IOException {
    if (millis.isPresent()) {
      json.writeNumberField(name, rounded(millis.getAsDouble()));
    } else {
      json.writeNullField(name);
    }
  }

  private static void writeAgents(JsonGenerator json, RelayState state) throws IOException {
    json.writeArrayFieldStart("upstream_agents");
    List<AgentStatus> agents = new ArrayList<>(state.own().agents());
    agents.sort(StatusJson.BY_TARGET_AND_ID);
    for (AgentStatus agent : agents) {
      json.writeStartObject();
      StatusJson.writeMembers(json, agent);
      double rate =
          state.agentRates().getOrDefault(new AgentOfTarget(agent.id(), agent.target()), 0.0);
      json.writeNumberField("rate", rounded(rate));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, RelayClient client) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", client.id().toString());
    json.writeStringField("user", client.id().user());
    json.writeStringField("version", client.version());
    json.writeNumberField("last_request_ms", client.lastRequestMillis());
    json.writeNumberField("requests", client.requests());
    json.writeNumberField("rate", rounded(client.rate()));
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, RelayFlow flow) throws IOException {
    json.writeStartObject();
    json.writeStringField("from", flow.from().toString());
    json.writeStringField("to", flow.to().toString());
    json.writeStringField("target", flow.target());
    json.writeNumberField("rate", rounded(flow.rate()));
    json.writeEndObject();
  }

  /** Returns a number with at most two decimals. */
  static double rounded(double number) {
    return Math.round(number * HUNDRED) / HUNDRED;
  }

  /** Returns the date of a {@code nanoTime} as it is shown. */
  String shown(long nanoTime) {
    return PageTime.format(time.of(nanoTime));
  }
}
