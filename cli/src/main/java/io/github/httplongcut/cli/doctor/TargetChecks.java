package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.config.Secret;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Checks of the category {@code targets}. The brokers tell what agents report. The servers of an
 * upstream agent are also tried directly: those of {@code --config}, and those of agents that run
 * on this machine.
 */
final class TargetChecks {

  private final Facts facts;
  private final Clock clock;

  TargetChecks(Facts facts, Clock clock) {
    this.facts = facts;
    this.clock = clock;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.ofProcesses(
                Finding.TARGETS_AGENTS,
                this::agents,
                Finding.NETWORK_BROKERS,
                Finding.RELAY_BROKERS)
            .causedBy(Finding.RABBITMQ_ALARMS, Finding.TOPOLOGY_EXCHANGES),
        DoctorCheck.ofProcesses(
            Finding.TARGETS_CAPACITY,
            this::capacity,
            Finding.NETWORK_BROKERS,
            Finding.RELAY_BROKERS),
        DoctorCheck.of(Finding.TARGETS_SERVER, this::server, Finding.CONFIG_FILE),
        DoctorCheck.of(Finding.TARGETS_HEALTH, this::health, Finding.CONFIG_FILE),
        DoctorCheck.of(Finding.TARGETS_CERTIFICATE, this::certificate, Finding.CONFIG_FILE));
  }

  /** Returns the targets that brokers know, with each broker's view of them. */
  private Map<String, List<JsonNode>> targets() throws Exception {
    facts.relay().requireStatus();
    Map<String, List<JsonNode>> targets = new LinkedHashMap<>();
    for (JsonNode target : facts.relay().inStatuses("targets")) {
      targets.computeIfAbsent(name(target), each -> new ArrayList<>()).add(target);
    }
    return targets;
  }

  /** A target that is withdrawn because of its health check has an agent. */
  private CheckResult agents() throws Exception {
    Map<String, List<JsonNode>> targets = targets();
    Set<String> without = new TreeSet<>(facts.given().sections().called());
    without.removeAll(targets.keySet());
    List<String> reasons = new ArrayList<>();
    without.forEach(target -> reasons.add(target + ": no broker knows it"));
    Set<String> unserved = neverServed(targets);
    unserved.removeAll(facts.given().sections().called());
    targets.keySet().removeAll(unserved);
    targets.forEach(
        (target, views) ->
            views.stream()
                .filter(view -> view.path("state").asText().equals("no_agent"))
                .filter(view -> Complaint.of(view.path("reason").asText()) != Complaint.HEALTH)
                .findFirst()
                .ifPresent(
                    view -> {
                      without.add(target);
                      reasons.add(target + ": " + view.path("reason").asText());
                    }));
    if (!without.isEmpty()) {
      return CheckResult.failInPart(
          Finding.TARGETS_AGENTS,
          "no upstream agent for " + String.join(", ", without),
          String.join("; ", reasons));
    }
    return targets.isEmpty()
        ? CheckResult.failInPart(
            Finding.TARGETS_AGENTS,
            "no upstream agent at all",
            "no agent has sent a heartbeat to a broker in the last hour")
        : CheckResult.ok(
            Finding.TARGETS_AGENTS,
            "upstream agents for "
                + String.join(", ", targets.keySet())
                + (unserved.isEmpty()
                    ? ""
                    : "; asked for, and never served: " + String.join(", ", unserved)));
  }

  /**
   * Returns the targets that no agent has offered to any broker: the name may be a caller's typo.
   */
  private static Set<String> neverServed(Map<String, List<JsonNode>> targets) {
    return targets.entrySet().stream()
        .filter(each -> each.getValue().stream().noneMatch(it -> it.path("served").asBoolean()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private CheckResult capacity() throws Exception {
    List<String> full = new ArrayList<>();
    for (List<JsonNode> views : targets().values()) {
      for (JsonNode view : views) {
        if (view.path("state").asText().equals("full") && view.path("waiting").asInt() > 0) {
          full.add(
              "%s: %d of %d slots in use, %d requests wait"
                  .formatted(
                      name(view),
                      view.path("in_flight").asInt(),
                      view.path("capacity").asInt(),
                      view.path("waiting").asInt()));
        }
      }
    }
    return full.isEmpty()
        ? CheckResult.ok(Finding.TARGETS_CAPACITY, "no request waits for a full target")
        : CheckResult.failInPart(
            Finding.TARGETS_CAPACITY,
            "requests wait, because all upstream agents are full",
            String.join("; ", full));
  }

  private CheckResult server() throws Exception {
    Map<String, String> faults = complaints(Complaint.SERVER);
    Map<String, ServedTarget> served = served();
    faults.putAll(
        Together.failures(
            served.keySet(),
            name -> {
              TargetAddress server = served.get(name).server();
              try {
                facts.network().connect(server.host(), server.port());
              } catch (IOException e) {
                throw new IOException("cannot connect to " + server + ": " + e.getMessage(), e);
              }
            }));
    return result(
        Finding.TARGETS_SERVER,
        faults,
        "the servers of the targets accept connections",
        "callers get 502 upstream_unreachable, unless another agent reaches its server");
  }

  private CheckResult health() throws Exception {
    Map<String, String> faults = complaints(Complaint.HEALTH);
    Map<String, ServedTarget> checked = new LinkedHashMap<>(served());
    checked.values().removeIf(target -> target.healthPath().isEmpty());
    Map<String, Integer> statuses = Collections.synchronizedMap(new LinkedHashMap<>());
    Map<String, String> unreachable =
        Together.failures(checked.keySet(), name -> statuses.put(name, status(checked.get(name))));
    unreachable.forEach((name, why) -> faults.put(name, "no answer to the health check: " + why));
    statuses.forEach(
        (name, status) -> {
          if (status >= 400) {
            faults.put(
                name, "health check GET %s answers %d".formatted(path(checked.get(name)), status));
          }
        });
    return result(
        Finding.TARGETS_HEALTH,
        faults,
        "no health check fails",
        "the upstream agent withdraws the target until its health check passes");
  }

  private static int status(ServedTarget target) throws IOException {
    Optional<AmqpConfig.Tls> tls =
        target.server().isTls() ? Optional.of(target.trust()) : Optional.empty();
    return HttpStatusProbe.status(target.server(), tls, target.healthPath().orElseThrow());
  }

  /** Returns the path for the output. A query may hold a secret. */
  private static String path(ServedTarget target) {
    return Secret.withoutQuery(target.healthPath().orElse(""));
  }

  private CheckResult certificate() throws Exception {
    Map<String, String> reported = complaints(Complaint.CERTIFICATE);
    Map<String, ServedTarget> encrypted = new LinkedHashMap<>(served());
    encrypted.values().removeIf(target -> !target.server().isTls());
    Map<String, ServerCertificate> seen = Collections.synchronizedMap(new LinkedHashMap<>());
    // A server that cannot be reached is the subject of another check.
    Together.failures(
        encrypted.keySet(),
        name -> {
          TargetAddress server = encrypted.get(name).server();
          ServerCertificate certificate =
              ServerCertificate.of(
                  server.host(), server.port(), encrypted.get(name).trust(), clock.instant());
          seen.put(name, certificate);
        });
    Map<String, CertificateFault> faults = new LinkedHashMap<>();
    Map<String, String> details = new LinkedHashMap<>(reported);
    reported.forEach(
        (name, reason) -> faults.put(name, Complaint.certificateFault(reason).orElseThrow()));
    seen.forEach(
        (name, certificate) ->
            certificate
                .fault()
                .ifPresent(
                    fault -> {
                      faults.put(name, fault);
                      details.put(name, certificate.detail());
                    }));
    if (faults.isEmpty()) {
      return result(
          Finding.TARGETS_CERTIFICATE, Map.of(), "the certificates of the targets are valid", "");
    }
    CertificateFault first = faults.values().iterator().next();
    String words =
        faults.entrySet().stream()
            .map(each -> each.getKey() + ": " + each.getValue().words())
            .collect(Collectors.joining("; "));
    return CheckResult.failInPart(Finding.TARGETS_CERTIFICATE, words, Together.words(details))
        .withRemedy(first.remedy());
  }

  /** Returns the reasons of one kind that upstream agents give, by target. */
  private Map<String, String> complaints(Complaint kind) throws Exception {
    Map<String, String> complaints = new LinkedHashMap<>();
    for (JsonNode agent : facts.relay().inStatuses("upstream_agents")) {
      add(complaints, kind, agent.path("target").asText(), agent.path("reason").asText());
    }
    for (JsonNode target : facts.relay().inStatuses("targets")) {
      add(complaints, kind, name(target), target.path("reason").asText());
    }
    return complaints;
  }

  private static void add(
      Map<String, String> complaints, Complaint kind, String target, String reason) {
    if (!reason.isEmpty() && Complaint.of(reason) == kind) {
      complaints.putIfAbsent(target, reason);
    }
  }

  /**
   * Returns the targets whose servers the doctor may try directly, by their names. If agents serve
   * a target with several servers, the address follows the name of all but the first.
   */
  private Map<String, ServedTarget> served() throws Exception {
    List<ServedTarget> all = new ArrayList<>();
    facts.given().served().forEach(target -> all.add(ServedTarget.of(target)));
    all.addAll(facts.relay().served());
    Map<String, ServedTarget> served = new LinkedHashMap<>();
    for (ServedTarget target : all) {
      ServedTarget other = served.putIfAbsent(target.name(), target);
      if (other != null && !other.server().equals(target.server())) {
        served.putIfAbsent(target.name() + " at " + target.server(), target);
      }
    }
    return served;
  }

  private CheckResult result(
      Finding finding, Map<String, String> faults, String well, String consequence)
      throws Exception {
    if (!faults.isEmpty()) {
      List<String> problems =
          faults.entrySet().stream().map(each -> each.getKey() + ": " + each.getValue()).toList();
      return CheckResult.problems(finding, problems, consequence);
    }
    if (served().isEmpty() && !facts.relay().hasStatus()) {
      return CheckResult.skip(
          finding, "needs --broker, or --config with the settings file of an upstream agent");
    }
    return CheckResult.ok(finding, well);
  }

  private static String name(JsonNode target) {
    return target.path("name").asText();
  }
}
