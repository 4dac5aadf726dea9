package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.cli.doctor.RelayFacts.ProcessAnswer;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.Reasons;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Looks for processes that do not read their inbox: suspended ones (SIGSTOP), and stuck ones. They
 * show in different ways, depending on how long ago that began:
 *
 * <ul>
 *   <li>At once, the admin pages accept connections and do not answer.
 *   <li>After two intervals, a broker misses the heartbeats of an upstream agent.
 *   <li>As soon as messages arrive, an inbox with a consumer does not shrink.
 *   <li>After 10 to 20 s, RabbitMQ closes the connection, and the inbox has no consumer. It expires
 *       after a minute.
 * </ul>
 *
 * <p>Also looks for inboxes that lack bindings, since nothing can reach them.
 */
final class InboxCheck {

  /** Time without a heartbeat: two of the usual intervals, and some time for the way. */
  private static final long UNHEARD_MS = 4_500;

  private final Facts facts;

  InboxCheck(Facts facts) {
    this.facts = facts;
  }

  DoctorCheck check() {
    return DoctorCheck.ofProcesses(Finding.RELAY_INBOXES, this::look, Finding.CONFIG_FILE);
  }

  /** Asks RabbitMQ and the processes at the same time: either of them may be frozen. */
  private CheckResult look() throws Exception {
    Map<String, String> stuck;
    Gathered<InboxQueues.Faults> queues;
    try (Gathering gathering = new Gathering()) {
      Gathering.Asked<InboxQueues.Faults> question = gathering.ask("RabbitMQ", this::inQueues);
      stuck = silentProcesses();
      unheardAgents().forEach(stuck::putIfAbsent);
      queues = question.result();
    }
    if (queues.answer().isPresent()) {
      queues.answer().get().unread().forEach(stuck::putIfAbsent);
      stuck.keySet().removeAll(stoppedAgents(stuck.keySet()));
    }
    if (!stuck.isEmpty()) {
      return CheckResult.failInPart(
          Finding.RELAY_INBOXES,
          "inboxes that nobody reads, of " + String.join(", ", stuck.keySet()),
          Together.words(stuck) + queues.answer().map(InboxCheck::leftOut).orElse(""));
    }
    if (queues.answer().isPresent()) {
      return bound(queues.answer().get());
    }
    return facts.relay().processes().isEmpty()
        ? CheckResult.skip(Finding.RELAY_INBOXES, queues.why())
        : CheckResult.ok(
            Finding.RELAY_INBOXES,
            "all known processes answer; the inboxes are not seen: " + queues.why());
  }

  private InboxQueues.Faults inQueues() {
    try {
      return new InboxQueues(facts.requiredManagement(), facts.requiredAmqp()).faults();
    } catch (Exception e) {
      throw new CommandFailedException(Reasons.of(e), e);
    }
  }

  private static String leftOut(InboxQueues.Faults faults) {
    return faults.leftOut() == 0
        ? ""
        : "; %d more have messages or no consumer, and were not looked at"
            .formatted(faults.leftOut());
  }

  private CheckResult bound(InboxQueues.Faults faults) {
    Map<String, String> unbound = faults.unbound();
    if (unbound.isEmpty()) {
      return CheckResult.ok(
          Finding.RELAY_INBOXES, "every inbox has a consumer that reads" + leftOut(faults));
    }
    return CheckResult.failInPart(
            Finding.RELAY_INBOXES,
            "inboxes lack bindings: " + String.join(", ", unbound.keySet()),
            Together.words(unbound) + "; a binding is lost with its exchange")
        .withRemedy(
            "make the processes bind again, by closing their connections: rabbitmqctl"
                + " close_all_connections -p %s 'bindings were lost'"
                    .formatted(facts.requiredManagement().vhost()));
  }

  /** Returns the processes whose admin pages accept connections and do not answer. */
  private Map<String, String> silentProcesses() throws Exception {
    Map<String, String> silent = new LinkedHashMap<>();
    for (ProcessAnswer each : facts.relay().descriptions()) {
      if (!each.page().isAnswered() && acceptsConnections(each.process())) {
        Address address = NetworkChecks.addressOf(each.process().address());
        String why = "its admin pages accept connections and do not answer";
        Optional<LocalProcess> process = facts.network().listener(address.port());
        String name =
            process.map(LocalProcess::name).filter(found -> !found.isEmpty()).orElse("the process");
        String pid = process.map(found -> ", pid " + found.pid()).orElse("");
        if (process.isPresent() && process.get().stopped()) {
          why = "it is suspended (SIGSTOP); continue it with: kill -CONT " + process.get().pid();
        }
        silent.put(name + " at " + each.process().address() + pid, why);
      }
    }
    return silent;
  }

  private boolean acceptsConnections(AdminView process) {
    Address address = NetworkChecks.addressOf(process.address());
    try {
      facts.network().connect(address.host(), address.port());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns the agents whose heartbeats are missing, though nothing keeps them from sending any.
   */
  private Map<String, String> unheardAgents() throws Exception {
    Map<String, String> unheard = new LinkedHashMap<>();
    Set<String> answering =
        facts.relay().descriptions().stream()
            .flatMap(each -> each.page().answer().stream())
            .map(page -> page.path("id").asText())
            .collect(Collectors.toSet());
    for (JsonNode agent : facts.relay().inStatuses("upstream_agents")) {
      long silentFor = agent.path("last_heard_ms").asLong();
      boolean stops = List.of("gone", "draining").contains(agent.path("state").asText());
      boolean answers = answering.contains(agent.path("id").asText());
      if (!stops && !answers && silentFor > limit(agent) && !isBlocked()) {
        unheard.put(
            agent.path("id").asText(),
            "its last heartbeat came %.1f s ago".formatted(silentFor / 1_000.0));
      }
    }
    return unheard;
  }

  /** Returns the agents that have told a broker that they stop. Their inboxes expire. */
  private Set<String> stoppedAgents(Set<String> ids) throws Exception {
    Set<String> stopped = new HashSet<>();
    for (JsonNode target : facts.relay().inStatuses("targets")) {
      String reason = target.path("reason").asText();
      boolean stops = reason.contains("stopping") || reason.contains("has stopped");
      ids.stream().filter(id -> stops && reason.contains(id)).forEach(stopped::add);
    }
    return stopped;
  }

  /** Returns whether an alarm keeps agents from sending heartbeats. */
  private boolean isBlocked() {
    try {
      return facts.management().isPresent() && facts.management().get().alarm().isPresent();
    } catch (Exception e) {
      return false; // unknown
    }
  }

  private static long limit(JsonNode agent) {
    return Math.max(UNHEARD_MS, 2 * agent.path("interval_ms").asLong());
  }
}
