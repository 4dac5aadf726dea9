package io.github.httplongcut.system.faults;

import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Collects the log lines of all processes about one request. The relay's ids differ from the
 * caller's id, so they are found in two steps:
 *
 * <ol>
 *   <li>The {@code client_req_id} is in the problem document. Without one, it is in the client
 *       agent's log line with the request's method, length and time.
 *   <li>The other ids are in the log lines that contain the {@code client_req_id}.
 * </ol>
 */
final class RequestHistory {

  private static final Duration ABOUT = Duration.ofMillis(500);
  private static final Pattern UUIDS =
      Pattern.compile("\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b");
  private static final Pattern IN_PROBLEM =
      Pattern.compile("\"client_req_id\"\\s*:\\s*\"([0-9a-f-]{36})\"");
  private static final int ROUNDS = 3;

  private final Map<String, List<String>> logs;

  /** Reads the logs of the processes as they are now. */
  RequestHistory(List<RoleProcess> processes) {
    logs = new LinkedHashMap<>();
    processes.forEach(process -> logs.put(process.name(), process.output().lines().toList()));
  }

  /** All lines about the request, oldest first, each with the name of its process. */
  String of(SentRequest request, RecordingUpstream upstream) {
    Set<String> lines = new TreeSet<>(); // a line begins with its time
    linesAbout(request)
        .forEach(
            (process, log) ->
                log.forEach(
                    line -> lines.add(line.substring(0, 24) + " " + process + line.substring(24))));
    return "%s%n  executed at %s, response begun at %s, written at %s%n  %s%n"
        .formatted(
            request,
            upstream.executionsOf(request.id()),
            upstream.answersBegunTo(request.id()),
            upstream.answersTo(request.id()),
            String.join("\n  ", lines));
  }

  /** The lines about the request, by process name. */
  Map<String, List<String>> linesAbout(SentRequest request) {
    Set<String> ids = firstIds(request);
    Map<String, List<String>> lines = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      Set<String> known = Set.copyOf(ids);
      logs.forEach(
          (process, log) -> {
            List<String> about =
                log.stream().filter(line -> known.stream().anyMatch(line::contains)).toList();
            lines.put(process, about);
            for (String line : about) {
              Matcher more = UUIDS.matcher(line);
              while (more.find()) {
                ids.add(more.group());
              }
            }
          });
    }
    return lines;
  }

  private Set<String> firstIds(SentRequest request) {
    Matcher problem = IN_PROBLEM.matcher(request.answer().map(SentRequest.Answer::body).orElse(""));
    if (problem.find()) {
      return new TreeSet<>(Set.of(problem.group(1)));
    }
    if (request.client() == null) {
      return new TreeSet<>();
    }
    String description = " method=" + request.method() + " ";
    String length = request.isPost() ? " content_length=" + request.bodyLength() : "";
    List<String> found = new ArrayList<>();
    for (String line : logs.getOrDefault(request.client().name(), List.of())) {
      if (line.contains("event=received")
          && line.contains(description)
          && line.endsWith(length)
          && isAbout(line, request.sentAtTime())) {
        Matcher id = UUIDS.matcher(line);
        if (id.find()) {
          found.add(id.group());
        }
      }
    }
    // Several GETs at the same time cannot be told apart.
    return found.size() == 1 ? new TreeSet<>(found) : new TreeSet<>();
  }

  /** The time at which a log line was written. */
  static Instant timeOf(String line) {
    return Instant.parse(line.substring(0, 24));
  }

  private static boolean isAbout(String line, Instant time) {
    return Duration.between(time, timeOf(line)).abs().compareTo(ABOUT) < 0;
  }
}
