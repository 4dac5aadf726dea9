package io.github.httplongcut.system.faults;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The result of a trial.
 *
 * @param row a row for the table in docs/reliability.md
 * @param problems violations and leftovers; empty if the trial passed
 */
record TrialReport(String row, Tally tally, Machine machine, List<String> problems) {

  /** Counts of requests that can be summed over trials. */
  record Tally(int requests, int failed, int posts, int postsRun, int postsRunTwice) {

    static final Tally NONE = new Tally(0, 0, 0, 0, 0);

    Tally plus(Tally other) {
      return new Tally(
          requests + other.requests,
          failed + other.failed,
          posts + other.posts,
          postsRun + other.postsRun,
          postsRunTwice + other.postsRunTwice);
    }
  }

  static final String HEADER =
      """
      | fault | GET: sent, failed | POST: sent, failed | longest answer | normal service after its end |
      |---|---|---|---|---|
      """;

  static TrialReport of(
      String name,
      List<SentRequest> requests,
      RecordingUpstream upstream,
      Machine machine,
      Duration normalAfter,
      List<String> problems) {
    long longest =
        requests.stream().mapToLong(each -> each.nanos(System.nanoTime())).max().orElse(0);
    String row =
        "| %s | %s | %s | %.1f s | %.1f s |"
            .formatted(
                name + (machine.isSteady() ? "" : pauseOf(machine)),
                failures(requests.stream().filter(each -> !each.isPost()).toList()),
                failures(requests.stream().filter(SentRequest::isPost).toList()),
                longest / 1e9,
                normalAfter.toMillis() / 1e3);
    return new TrialReport(row, tally(requests, upstream), machine, problems);
  }

  boolean isClean() {
    return problems.isEmpty();
  }

  private static String pauseOf(Machine machine) {
    return " (the machine was paused for %.1f s)".formatted(machine.paused().toMillis() / 1e3);
  }

  private static Tally tally(List<SentRequest> requests, RecordingUpstream upstream) {
    List<SentRequest> posts = requests.stream().filter(SentRequest::isPost).toList();
    return new Tally(
        requests.size(),
        (int) requests.stream().filter(each -> !each.isSuccess()).count(),
        posts.size(),
        (int) posts.stream().filter(each -> !upstream.executionsOf(each.id()).isEmpty()).count(),
        (int) posts.stream().filter(each -> upstream.executionsOf(each.id()).size() > 1).count());
  }

  private static String failures(List<SentRequest> requests) {
    Map<String, Integer> codes = new TreeMap<>();
    for (SentRequest request : requests) {
      if (!request.isSuccess()) {
        String code = request.answer().map(TrialReport::name).orElse("no response");
        codes.merge(code, 1, Integer::sum);
      }
    }
    String each =
        codes.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", "));
    return requests.size() + ", " + (each.isEmpty() ? "0" : each);
  }

  private static String name(SentRequest.Answer answer) {
    if (answer.end() != SentRequest.End.ANSWERED) {
      return answer.end().name().toLowerCase(Locale.ROOT);
    }
    return answer.code().isEmpty() ? String.valueOf(answer.status()) : "`" + answer.code() + "`";
  }
}
