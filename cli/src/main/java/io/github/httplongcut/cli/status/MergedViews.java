package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Merges the reports of several brokers about the same targets and agents. Every broker hears every
 * upstream agent, so the rows name differences between the brokers.
 */
final class MergedViews {

  /** States of a target, the best first. A state that is not here counts as the worst. */
  private static final List<String> TARGET_STATES = List.of("ok", "full", "failing", "no_agent");

  /** States of an agent, the best first. */
  private static final List<String> AGENT_STATES = List.of("ready", "full", "draining", "gone");

  /** States of an agent that every broker must know. */
  private static final Set<String> OFFERS_SLOTS = Set.of("ready", "full");

  private static final long ACTIVE_MS = 60_000;

  private final List<BrokerView> views;

  /** Report of one broker about a target or an agent. */
  private record Report(BrokerView by, JsonNode what) {}

  MergedViews(List<BrokerView> views) {
    this.views = List.copyOf(views);
  }

  /** Returns the number of rows that the brokers left out. */
  long truncated() {
    return views.stream()
        .mapToLong(view -> view.truncated("targets") + view.truncated("upstream_agents"))
        .sum();
  }

  List<TargetRow> targets() {
    return grouped("targets", "name", "name").values().stream().map(this::target).toList();
  }

  private TargetRow target(List<Report> reports) {
    String state = worst(reports, TARGET_STATES);
    return new TargetRow(
        reports.get(0).what.path("name").asText(),
        state,
        max(reports, "agents"),
        max(reports, "capacity"),
        min(reports, "free"),
        sum(reports, "waiting"),
        sum(reports, "in_flight"),
        sum(reports, "answered"),
        sum(reports, "failed"),
        healthOf(state, reports),
        String.join("; ", reasons(reports)));
  }

  /** A caller may use all slots of a target, and may ask for a target that does not exist. */
  private static Health healthOf(String state, List<Report> reports) {
    return switch (state) {
      case "ok" -> Health.WELL;
      case "full" -> sum(reports, "waiting") == 0 ? Health.NOTE : Health.PROBLEM;
      case "no_agent" ->
          reports.stream().anyMatch(each -> each.what.path("served").asBoolean())
              ? Health.PROBLEM
              : Health.NOTE;
      default -> Health.PROBLEM;
    };
  }

  List<UpstreamAgentRow> upstreamAgents() {
    return grouped("upstream_agents", "id", "target").values().stream()
        .map(this::upstreamAgent)
        .toList();
  }

  private UpstreamAgentRow upstreamAgent(List<Report> reports) {
    JsonNode first = reports.get(0).what;
    String state = worst(reports, AGENT_STATES);
    String standing =
        reports.stream()
            .map(each -> each.what.path("standing").asText())
            .filter(word -> !word.equals("good"))
            .findFirst()
            .orElse("good");
    Health health = standing.equals("good") ? Health.WELL : Health.PROBLEM;
    if (!state.equals("ready")) {
      health = health.worse(AGENT_STATES.contains(state) ? Health.NOTE : Health.PROBLEM);
    }
    List<String> reasons = new ArrayList<>();
    if (!standing.equals("good")) {
      reasons.add(standing);
    }
    reasons.addAll(reasons(reports));
    // Brokers forget an agent that leaves at different times.
    if (OFFERS_SLOTS.contains(state) && isMissedBySome(reports)) {
      reasons.add("only seen by " + String.join(", ", brokers(reports)));
      health = Health.PROBLEM;
    }
    return new UpstreamAgentRow(
        first.path("id").asText(),
        first.path("target").asText(),
        state,
        standing,
        max(reports, "capacity"),
        max(reports, "in_flight"),
        min(reports, "free"),
        min(reports, "last_heard_ms"),
        first.path("version").asText(),
        brokers(reports),
        health,
        String.join("; ", reasons));
  }

  /** Returns whether a broker that lists all its agents does not know this one. */
  private boolean isMissedBySome(List<Report> reports) {
    Set<String> knowing = new HashSet<>();
    reports.forEach(report -> knowing.add(report.by.address()));
    return views.stream()
        .anyMatch(
            view -> !knowing.contains(view.address()) && view.truncated("upstream_agents") == 0);
  }

  List<ClientAgentRow> clientAgents() {
    return grouped("client_agents", "id", "id").values().stream()
        .map(MergedViews::clientAgent)
        .toList();
  }

  private static ClientAgentRow clientAgent(List<Report> reports) {
    long last = min(reports, "last_request_ms");
    return new ClientAgentRow(
        reports.get(0).what.path("id").asText(),
        last < ACTIVE_MS ? "active" : "idle",
        last,
        sum(reports, "requests"),
        Health.WELL,
        "");
  }

  /** Returns the reports of all brokers by the values of two fields, in their order. */
  private Map<String, List<Report>> grouped(String list, String field, String secondField) {
    Map<String, List<Report>> groups = new TreeMap<>();
    for (BrokerView view : views) {
      for (JsonNode what : view.list(list)) {
        String key = what.path(field).asText() + '\n' + what.path(secondField).asText();
        groups.computeIfAbsent(key, unused -> new ArrayList<>()).add(new Report(view, what));
      }
    }
    return groups;
  }

  /** Returns the reasons; with the broker's id if the brokers differ. */
  private List<String> reasons(List<Report> reports) {
    Set<String> different = new LinkedHashSet<>();
    for (Report each : reports) {
      different.add(each.what.path("reason").asText());
    }
    if (different.size() == 1 || views.size() == 1) {
      return different.stream().filter(reason -> !reason.isEmpty()).toList();
    }
    return reports.stream()
        .filter(each -> !each.what.path("reason").asText().isEmpty())
        .map(each -> each.by.id() + ": " + each.what.path("reason").asText())
        .toList();
  }

  private static List<String> brokers(List<Report> reports) {
    return reports.stream().map(each -> each.by.id()).distinct().toList();
  }

  private static String worst(List<Report> reports, List<String> bestFirst) {
    return reports.stream()
        .map(each -> each.what.path("state").asText())
        .max(
            Comparator.comparingInt(
                state -> bestFirst.contains(state) ? bestFirst.indexOf(state) : bestFirst.size()))
        .orElse("");
  }

  private static long max(List<Report> reports, String field) {
    return reports.stream().mapToLong(number(field)).max().orElse(0);
  }

  private static long min(List<Report> reports, String field) {
    return reports.stream().mapToLong(number(field)).min().orElse(0);
  }

  private static long sum(List<Report> reports, String field) {
    return reports.stream().mapToLong(number(field)).sum();
  }

  private static ToLongFunction<Report> number(String field) {
    return each -> each.what.path(field).asLong();
  }
}
