package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Merges what several brokers say about the same targets and agents. Every broker hears every
 * upstream agent, so a difference between the views is worth a word.
 */
final class MergedViews {

  /** States of a target, the best first. A state that is not here counts as the worst. */
  private static final List<String> TARGET_STATES = List.of("ok", "full", "failing", "no_agent");

  /** States of an agent, the best first. */
  private static final List<String> AGENT_STATES = List.of("ready", "full", "draining", "gone");

  private static final long ACTIVE_MS = 60_000;

  private final List<BrokerView> views;

  /** Statement of one broker about a target or an agent. */
  private record Said(BrokerView by, JsonNode what) {}

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

  private TargetRow target(List<Said> said) {
    String state = worst(said, TARGET_STATES);
    return new TargetRow(
        said.get(0).what.path("name").asText(),
        state,
        max(said, "agents"),
        max(said, "capacity"),
        min(said, "free"),
        sum(said, "waiting"),
        sum(said, "in_flight"),
        sum(said, "answered"),
        sum(said, "failed"),
        state.equals("ok") ? Health.WELL : Health.PROBLEM,
        String.join("; ", reasons(said)));
  }

  List<UpstreamAgentRow> upstreamAgents() {
    return grouped("upstream_agents", "id", "target").values().stream()
        .map(this::upstreamAgent)
        .toList();
  }

  private UpstreamAgentRow upstreamAgent(List<Said> said) {
    JsonNode first = said.get(0).what;
    String state = worst(said, AGENT_STATES);
    String standing =
        said.stream()
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
    reasons.addAll(reasons(said));
    if (isMissedBySome(said)) {
      reasons.add("only seen by " + String.join(", ", brokers(said)));
      health = Health.PROBLEM;
    }
    return new UpstreamAgentRow(
        first.path("id").asText(),
        first.path("target").asText(),
        state,
        standing,
        max(said, "capacity"),
        max(said, "in_flight"),
        min(said, "free"),
        min(said, "last_heard_ms"),
        first.path("version").asText(),
        brokers(said),
        health,
        String.join("; ", reasons));
  }

  /** Returns whether a broker that lists all its agents does not know this one. */
  private boolean isMissedBySome(List<Said> said) {
    Set<BrokerView> knowing = new LinkedHashSet<>(said.stream().map(Said::by).toList());
    return views.stream()
        .anyMatch(view -> !knowing.contains(view) && view.truncated("upstream_agents") == 0);
  }

  List<ClientAgentRow> clientAgents() {
    return grouped("client_agents", "id", "id").values().stream()
        .map(MergedViews::clientAgent)
        .toList();
  }

  private static ClientAgentRow clientAgent(List<Said> said) {
    long last = min(said, "last_request_ms");
    return new ClientAgentRow(
        said.get(0).what.path("id").asText(),
        last < ACTIVE_MS ? "active" : "idle",
        last,
        sum(said, "requests"),
        Health.WELL,
        "");
  }

  /** Returns the statements of all brokers by the values of two fields, in their order. */
  private Map<String, List<Said>> grouped(String list, String field, String secondField) {
    Map<String, List<Said>> groups = new TreeMap<>();
    for (BrokerView view : views) {
      for (JsonNode what : view.list(list)) {
        String key = what.path(field).asText() + '\n' + what.path(secondField).asText();
        groups.computeIfAbsent(key, unused -> new ArrayList<>()).add(new Said(view, what));
      }
    }
    return groups;
  }

  /** Returns the reasons; with the broker's id if the brokers differ. */
  private List<String> reasons(List<Said> said) {
    Set<String> different = new LinkedHashSet<>();
    for (Said each : said) {
      different.add(each.what.path("reason").asText());
    }
    if (different.size() == 1 || views.size() == 1) {
      return different.stream().filter(reason -> !reason.isEmpty()).toList();
    }
    return said.stream()
        .filter(each -> !each.what.path("reason").asText().isEmpty())
        .map(each -> each.by.id() + ": " + each.what.path("reason").asText())
        .toList();
  }

  private static List<String> brokers(List<Said> said) {
    return said.stream().map(each -> each.by.id()).distinct().toList();
  }

  private static String worst(List<Said> said, List<String> bestFirst) {
    return said.stream()
        .map(each -> each.what.path("state").asText())
        .max(
            Comparator.comparingInt(
                state -> bestFirst.contains(state) ? bestFirst.indexOf(state) : bestFirst.size()))
        .orElse("");
  }

  private static long max(List<Said> said, String field) {
    return said.stream().mapToLong(number(field)).max().orElse(0);
  }

  private static long min(List<Said> said, String field) {
    return said.stream().mapToLong(number(field)).min().orElse(0);
  }

  private static long sum(List<Said> said, String field) {
    return said.stream().mapToLong(number(field)).sum();
  }

  private static ToLongFunction<Said> number(String field) {
    return each -> each.what.path(field).asLong();
  }
}
