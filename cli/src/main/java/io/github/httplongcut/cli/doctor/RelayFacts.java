package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.DemoPasswords;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.config.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Answers of the admin pages of the known processes. Asks for each page once. Thread-safe. */
final class RelayFacts {

  /** No known process. */
  static final RelayFacts NONE = new RelayFacts(List.of(), List.of());

  /** A process, and its answer. */
  record ProcessAnswer(AdminView process, Gathered<JsonNode> page) {}

  private final List<AdminView> brokers;
  private final List<AdminView> processes;
  private final Once<List<ProcessAnswer>> descriptions;
  private final Once<List<Gathered<JsonNode>>> statuses;
  private final Once<List<Gathered<JsonNode>>> requests;
  private final Once<List<ServedTarget>> served;

  /**
   * @param brokers admin pages of brokers
   * @param processes admin pages of all processes, the brokers' included
   */
  RelayFacts(List<AdminView> brokers, List<AdminView> processes) {
    this.brokers = List.copyOf(brokers);
    this.processes = List.copyOf(processes);
    this.descriptions = new Once<>(this::describe);
    this.statuses = new Once<>(() -> gather(this.brokers, each -> each.json("/api/status")));
    this.requests =
        new Once<>(() -> gather(this.brokers, each -> each.json("/api/requests?limit=500")));
    this.served = new Once<>(this::readServed);
  }

  List<AdminView> processes() {
    return processes;
  }

  /** Returns words for a process that does not answer: {@code the broker at http://…}. */
  String words(AdminView process) {
    boolean isBroker =
        brokers.stream().anyMatch(broker -> broker.address().equals(process.address()));
    return (isBroker ? "the broker at " : "the process at ") + process.address();
  }

  /** Returns {@code /api/process} of all processes. */
  List<ProcessAnswer> descriptions() throws Exception {
    return descriptions.get();
  }

  private List<ProcessAnswer> describe() {
    List<Gathered<JsonNode>> pages = gather(processes, each -> each.json("/api/process"));
    List<ProcessAnswer> answers = new ArrayList<>();
    for (int i = 0; i < pages.size(); i++) {
      answers.add(new ProcessAnswer(processes.get(i), pages.get(i)));
    }
    return answers;
  }

  /** Returns {@code /api/status} of all brokers. */
  List<Gathered<JsonNode>> statuses() throws Exception {
    return statuses.get();
  }

  /** Returns the last finished requests of all brokers. */
  List<Gathered<JsonNode>> requests() throws Exception {
    return requests.get();
  }

  /** Returns whether any broker has told its status. */
  boolean hasStatus() throws Exception {
    return statuses().stream().anyMatch(Gathered::isAnswered);
  }

  /**
   * Ends the check unless a broker has told its status.
   *
   * @throws SkippedException if no broker has told its status
   */
  void requireStatus() throws Exception {
    if (brokers.isEmpty()) {
      throw new SkippedException("needs --broker with the address of a broker's admin pages");
    }
    if (!hasStatus()) {
      throw new SkippedException("no broker tells its status: " + statuses().get(0).why());
    }
  }

  /** Returns the elements of an array in all statuses that arrived. */
  List<JsonNode> inStatuses(String array) throws Exception {
    List<JsonNode> all = new ArrayList<>();
    for (Gathered<JsonNode> status : statuses()) {
      status.answer().ifPresent(found -> found.path(array).forEach(all::add));
    }
    return all;
  }

  /** Returns the targets of the running upstream agents on this machine. */
  List<ServedTarget> served() throws Exception {
    return served.get();
  }

  /** Does not wait for the descriptions first, since any process may be frozen. */
  private List<ServedTarget> readServed() {
    return gather(processes, RelayFacts::targets).stream()
        .flatMap(each -> each.answer().stream())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * Returns the targets of an upstream agent on this machine. The doctor sends requests to their
   * servers, so another machine must not name them.
   */
  private static List<ServedTarget> targets(AdminView process) {
    boolean isHere = DemoPasswords.isLoopback(NetworkChecks.addressOf(process.address()).host());
    boolean isAgent =
        isHere
            && process.json("/api/process").path("role").asText().equals(Role.UPSTREAM_AGENT.key());
    return isAgent ? ServedTarget.inPage(process.json("/api/targets")) : List.of();
  }

  private static <T> List<Gathered<T>> gather(
      List<AdminView> whom, Function<AdminView, T> question) {
    try (Gathering gathering = new Gathering()) {
      List<Gathering.Asked<T>> asked =
          whom.stream()
              .map(each -> gathering.ask(each.address(), () -> question.apply(each)))
              .toList();
      return asked.stream().map(Gathering.Asked::result).toList();
    }
  }
}
