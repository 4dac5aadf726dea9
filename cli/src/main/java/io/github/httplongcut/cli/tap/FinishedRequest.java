package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.cli.output.PlainText;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Request whose end the tap has seen.
 *
 * @param time time of the end, in UTC
 * @param path the path without the query, cut
 * @param status the status of the response; 0 if there was none
 * @param outcome {@code answered}, {@code cancelled}, {@code unfinished}, or the code of an error
 * @param ms time from the request to its end, both as seen by the tap
 * @param upstreamAgent the agent that got the request last; empty if none did
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
record FinishedRequest(
    String time,
    String clientReqId,
    String upstreamTarget,
    String method,
    String path,
    int status,
    String outcome,
    double ms,
    String upstreamAgent) {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
  private static final int LONG_TEXT = 300;

  /** Returns the line for a terminal. */
  String line() {
    LocalTime local = LocalTime.ofInstant(Instant.parse(time), ZoneId.systemDefault());
    return String.join(
        " ",
        TIME.format(local),
        shown(clientReqId),
        shown(upstreamTarget),
        shown(method),
        shown(path),
        status > 0 ? Integer.toString(status) : shown(outcome),
        String.format(Locale.ROOT, "%.1fms", ms),
        shown(upstreamAgent));
  }

  private static String shown(String text) {
    String clean = PlainText.of(text, LONG_TEXT);
    return clean.isEmpty() ? "-" : clean;
  }

  /** Returns the line for programs. */
  String json() {
    return JsonOutput.line(JsonOutput.tree(this));
  }
}
