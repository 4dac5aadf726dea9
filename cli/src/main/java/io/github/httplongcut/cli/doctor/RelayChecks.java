package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.doctor.AmqpView.QueueCounts;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.config.Version;
import io.github.httplongcut.protocol.Topology;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Checks of the category {@code relay}, but for that of the inboxes. */
final class RelayChecks {

  /** Time for which a finished request is recent. */
  private static final Duration RECENT = Duration.ofMinutes(1);

  /** Share of recent requests that may fail. */
  private static final double TOLERATED_SHARE = 0.05;

  /** Outcomes for which the caller is responsible, and not the relay. */
  private static final List<String> NOT_FAILURES =
      List.of(
          "",
          "answered",
          "cancelled",
          "lost", // another broker, or the answer of the agent, decides
          "hung_up",
          "bad_request",
          "no_route",
          "method_not_allowed",
          "request_too_large",
          "url_too_long",
          "headers_too_large",
          "not_implemented");

  /** Version of classes that are not in a jar. */
  private static final String UNPACKED = "development";

  private final Facts facts;
  private final Clock clock;

  RelayChecks(Facts facts, Clock clock) {
    this.facts = facts;
    this.clock = clock;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.ofProcesses(Finding.RELAY_BROKERS, this::brokers, Finding.TOPOLOGY_QUEUES),
        DoctorCheck.ofProcesses(Finding.RELAY_READY, this::ready, Finding.NETWORK_BROKERS)
            .causedBy(
                Finding.NETWORK_RABBITMQ,
                Finding.RABBITMQ_RESPONDS,
                Finding.RABBITMQ_LOGIN,
                Finding.RABBITMQ_ALARMS,
                Finding.TOPOLOGY_VHOST,
                Finding.TOPOLOGY_EXCHANGES,
                Finding.TOPOLOGY_QUEUES,
                Finding.PERMISSIONS_USER),
        DoctorCheck.ofProcesses(Finding.RELAY_VERSIONS, this::versions, Finding.NETWORK_BROKERS),
        DoctorCheck.ofProcesses(Finding.RELAY_ERRORS, this::errors, Finding.NETWORK_BROKERS));
  }

  /**
   * RabbitMQ counts the consumers of a shared queue at once; its list of queues is seconds old. A
   * broker has one consumer of {@code orphan}, and may have several of {@code client_request}.
   */
  private CheckResult brokers() throws Exception {
    int brokers = consumersOfOrphan();
    if (brokers > 0 || consumers(Topology.CLIENT_REQUEST_QUEUE) > 0) {
      return CheckResult.ok(
          Finding.RELAY_BROKERS,
          switch (brokers) {
            case 0 -> "brokers take requests";
            case 1 -> "one broker takes requests";
            default -> brokers + " brokers take requests";
          });
    }
    // A broker that starts, drains or is full consumes its inbox only.
    if (facts.management().isPresent()) {
      for (JsonNode queue : facts.requiredManagement().queues()) {
        String name = queue.path("name").asText();
        if (name.startsWith(Topology.BROKER_QUEUES) && consumers(name) > 0) {
          return CheckResult.ok(
              Finding.RELAY_BROKERS, "a broker is connected, and takes no requests now: " + name);
        }
      }
    }
    return CheckResult.fail(
        Finding.RELAY_BROKERS,
        "no broker is connected to RabbitMQ",
        "the queues client_request and orphan have no consumer; callers get 503 broker_unavailable");
  }

  /** Returns 0, too, if the user may not see the queue: a client agent uses the other one only. */
  private int consumersOfOrphan() throws Exception {
    try {
      return consumers(Topology.ORPHAN);
    } catch (HiddenException e) {
      return 0;
    }
  }

  private int consumers(String queue) throws Exception {
    return facts.requiredAmqp().queue(queue).map(QueueCounts::consumers).orElse(0);
  }

  private List<JsonNode> descriptions() throws Exception {
    List<JsonNode> answered =
        facts.relay().descriptions().stream()
            .flatMap(each -> each.page().answer().stream())
            .toList();
    if (answered.isEmpty()) {
      throw new SkippedException(
          "no process tells its state: "
              + facts.relay().descriptions().stream()
                  .map(each -> each.page().why())
                  .findFirst()
                  .orElse("none is known"));
    }
    return answered;
  }

  private CheckResult ready() throws Exception {
    List<String> notReady = new ArrayList<>();
    List<String> why = new ArrayList<>();
    List<JsonNode> processes = descriptions();
    for (JsonNode process : processes) {
      if (!process.path("ready").asBoolean()) {
        notReady.add(id(process));
        why.add(id(process) + ": " + failedConditions(process));
      }
    }
    return notReady.isEmpty()
        ? CheckResult.ok(
            Finding.RELAY_READY,
            "ready: " + processes.stream().map(RelayChecks::id).collect(Collectors.joining(", ")))
        : CheckResult.failInPart(
            Finding.RELAY_READY,
            "not ready: " + String.join(", ", notReady),
            String.join("; ", why));
  }

  private static String failedConditions(JsonNode process) {
    List<String> failed = new ArrayList<>();
    for (JsonNode condition : process.path("conditions")) {
      if (!condition.path("ready").asBoolean()) {
        failed.add(condition.path("name").asText() + ' ' + condition.path("detail").asText());
      }
    }
    return String.join(", ", failed);
  }

  private CheckResult versions() throws Exception {
    Map<String, String> versions = new TreeMap<>(); // version -> a process that has it
    if (!Version.current().equals(UNPACKED)) {
      versions.put(Version.current(), "this tool");
    }
    descriptions().forEach(each -> versions.putIfAbsent(each.path("version").asText(), id(each)));
    facts
        .relay()
        .inStatuses("upstream_agents")
        .forEach(each -> versions.putIfAbsent(each.path("version").asText(), id(each)));
    versions.remove("");
    if (versions.isEmpty()) {
      return CheckResult.skip(Finding.RELAY_VERSIONS, "no process tells its version");
    }
    String words =
        versions.entrySet().stream()
            .map(each -> each.getKey() + " (" + each.getValue() + ')')
            .collect(Collectors.joining(", "));
    long majors =
        versions.keySet().stream()
            .filter(each -> !each.equals(UNPACKED))
            .map(RelayChecks::major)
            .distinct()
            .count();
    if (majors > 1) {
      return CheckResult.failInPart(
          Finding.RELAY_VERSIONS,
          "the processes have different major versions",
          words + "; processes of different major versions may not understand each other");
    }
    return CheckResult.ok(
        Finding.RELAY_VERSIONS,
        versions.size() == 1
            ? "all processes have version " + versions.keySet().iterator().next()
            : "versions that may run together: " + words);
  }

  /** Returns the major version: {@code 1} of {@code 1.4.2}. */
  private static String major(String version) {
    return version.split("\\.", 2)[0];
  }

  private CheckResult errors() throws Exception {
    List<Gathered<JsonNode>> pages = facts.relay().requests();
    if (pages.stream().noneMatch(Gathered::isAnswered)) {
      return CheckResult.skip(
          Finding.RELAY_ERRORS,
          pages.isEmpty()
              ? "needs --broker with the address of a broker's admin pages"
              : "no broker tells its last requests: " + pages.get(0).why());
    }
    int all = 0;
    Map<String, Integer> failures = new TreeMap<>();
    for (Gathered<JsonNode> page : pages) {
      if (page.answer().isPresent()) {
        for (JsonNode request : page.answer().get().path("requests")) {
          if (isRecent(request.path("received_at").asText())) {
            all++;
            String outcome = request.path("outcome").asText();
            if (!NOT_FAILURES.contains(outcome)) {
              failures.merge(outcome, 1, Integer::sum);
            }
          }
        }
      }
    }
    int failed = failures.values().stream().mapToInt(Integer::intValue).sum();
    String seen = "%d of %d requests of the last minute failed".formatted(failed, all);
    if (failed == 0 || failed < all * TOLERATED_SHARE) {
      return CheckResult.ok(Finding.RELAY_ERRORS, seen);
    }
    String outcomes =
        failures.entrySet().stream()
            .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
            .map(each -> each.getValue() + " " + each.getKey())
            .collect(Collectors.joining(", "));
    return CheckResult.failInPart(Finding.RELAY_ERRORS, seen, outcomes);
  }

  private boolean isRecent(String receivedAt) {
    try {
      return Duration.between(Instant.parse(receivedAt), clock.instant()).compareTo(RECENT) <= 0;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static String id(JsonNode process) {
    return process.path("id").asText();
  }
}
