package io.github.httplongcut.cli.trace;

import io.github.httplongcut.cli.sources.AdminClient;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.Gathering.Asked;
import io.github.httplongcut.cli.sources.ManagementClient;
import io.github.httplongcut.cli.sources.SourceOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks all brokers for a request, under each of its ids. */
final class TraceQuestion {

  private final SourceOptions sources;

  /**
   * Answers of the brokers.
   *
   * @param traces what they remember, the oldest first; the same request once for each broker and
   *     publication
   * @param asked addresses of the brokers that have answered
   * @param unanswered brokers that have not answered, with the reasons
   */
  record Answers(
      List<BrokerTrace> traces,
      List<String> asked,
      List<Gathered<Optional<BrokerTrace>>> unanswered) {}

  TraceQuestion(SourceOptions sources) {
    this.sources = sources;
  }

  /** Asks all brokers for all ids at the same time. */
  Answers ask(List<String> ids) {
    List<Gathered<Optional<BrokerTrace>>> results;
    try (Gathering gathering = sources.gathering()) {
      List<Asked<Optional<BrokerTrace>>> asked = new ArrayList<>();
      for (AdminClient broker : sources.brokers()) {
        for (String id : ids) {
          asked.add(gathering.ask(broker.address(), () -> find(broker, id)));
        }
      }
      results = asked.stream().map(Asked::result).toList();
    }
    Map<String, BrokerTrace> traces = new LinkedHashMap<>();
    Set<String> answered = new LinkedHashSet<>();
    Map<String, Gathered<Optional<BrokerTrace>>> unanswered = new LinkedHashMap<>();
    for (Gathered<Optional<BrokerTrace>> result : results) {
      if (result.isAnswered()) {
        answered.add(result.source());
        result
            .answer()
            .flatMap(trace -> trace)
            .ifPresent(
                trace ->
                    traces.putIfAbsent(trace.address() + ' ' + trace.text("client_req_id"), trace));
      } else {
        unanswered.putIfAbsent(result.source(), result);
      }
    }
    return new Answers(
        traces.values().stream()
            .sorted(Comparator.comparing(trace -> trace.text("received_at")))
            .toList(),
        List.copyOf(answered),
        List.copyOf(unanswered.values()));
  }

  private static Optional<BrokerTrace> find(AdminClient broker, String id) {
    return broker
        .find("/api/requests/" + ManagementClient.encoded(id))
        .map(json -> new BrokerTrace(broker.address(), json));
  }
}
