package io.github.httplongcut.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Entry of a client agent's access log. A text is empty if the entry does not have it.
 *
 * @param time as in the log
 * @param publications ids of the publications after the first
 * @param request method and path
 * @param outcome {@code answered}, {@code hung_up}, {@code dropped}, or the code of an error
 */
record LogEntry(
    String time,
    String clientReqId,
    List<String> publications,
    String caller,
    String request,
    String upstreamTarget,
    String outcome,
    int status,
    double ms,
    String broker) {

  /**
   * Line of the combined format, with the fields of the client agent behind it. Quoted texts
   * contain no quotes, since the client agent escapes them, so nobody can forge the fields.
   */
  private static final Pattern COMBINED =
      Pattern.compile(
          "(?<caller>\\S+) - - \\[(?<time>[^\\]]*)\\] \"(?<request>[^\"]*)\" (?<status>\\d{3}) \\S+"
              + " \"[^\"]*\" \"[^\"]*\" client_req_id=(?<id>\\S+) upstream_target=(?<target>\\S+)"
              + " outcome=(?<outcome>\\S+) ms=(?<ms>\\d{1,15}\\.\\d) x_request_id=\"[^\"]*\""
              + "(?: publications=(?<publications>\\S+))?.*");

  private static final String ABSENT = "-";

  /** Reads a line of the combined format; empty if it is none. */
  static Optional<LogEntry> ofCombined(String line) {
    Matcher parts = COMBINED.matcher(line);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String publications = parts.group("publications");
    return Optional.of(
        new LogEntry(
            parts.group("time"),
            parts.group("id"),
            publications == null ? List.of() : List.of(publications.split(",", -1)),
            parts.group("caller"),
            withoutProtocol(parts.group("request")),
            parts.group("target").equals(ABSENT) ? "" : parts.group("target"),
            parts.group("outcome"),
            Integer.parseInt(parts.group("status")),
            Double.parseDouble(parts.group("ms")),
            ""));
  }

  private static String withoutProtocol(String requestLine) {
    int query = requestLine.indexOf('?');
    int end = query >= 0 ? query : requestLine.lastIndexOf(" HTTP/");
    return end >= 0 ? requestLine.substring(0, end) : requestLine;
  }

  /** Reads a JSON object. */
  static LogEntry of(JsonNode json) {
    List<String> publications = new ArrayList<>();
    json.path("publications").forEach(id -> publications.add(id.asText()));
    return new LogEntry(
        json.path("time").asText(),
        json.path("client_req_id").asText(),
        publications,
        json.path("caller").asText(),
        (json.path("method").asText() + ' ' + json.path("path").asText()).strip(),
        json.path("upstream_target").asText(),
        json.path("outcome").asText(),
        json.path("status").asInt(),
        json.path("ms").asDouble(),
        json.path("broker_id").asText());
  }

  /** Returns all ids under which the request was published, the first one first. */
  List<String> ids() {
    return Stream.concat(Stream.of(clientReqId), publications.stream()).toList();
  }
}
