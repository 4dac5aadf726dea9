package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** Formats an event as one line for a terminal: time, event, sender, queues, content and ids. */
final class TapLine {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
  private static final List<String> IDS =
      List.of("client_req_id", "broker_req_id", "upstream_req_id");

  /** Maximum number of characters shown of a text body. */
  private static final int BODY_PREVIEW = 60;

  private TapLine() {}

  /** Formats an event, in the time zone of the machine. */
  static List<String> lines(TracedMessage message, JsonNode event, Moment now) {
    return List.of(of(message, event, LocalTime.ofInstant(now.time(), ZoneId.systemDefault())));
  }

  static String of(TracedMessage message, JsonNode event, LocalTime now) {
    StringBuilder line = new StringBuilder(200);
    line.append(TIME.format(now)).append(' ');
    line.append(String.format("%-18s ", message.exchange()));
    line.append(message.user()).append(" -> ");
    line.append(message.queues().isEmpty() ? "(no queue)" : String.join(",", message.queues()));
    append(line, "key", message.key());
    if (message.events().size() > 1) {
      append(line, "batch", Integer.toString(message.events().size()));
    }
    if (!event.isObject()) {
      return line.append(" (not an event)").toString();
    }
    appendSubject(line, event);
    for (String id : IDS) {
      append(line, id, event.path(id).asText());
    }
    appendBody(line, event);
    return line.toString();
  }

  private static void appendSubject(StringBuilder line, JsonNode event) {
    if (event.has("method")) {
      line.append(' ').append(printable(event.path("method").asText()));
      line.append(' ').append(printable(event.path("url").asText()));
    }
    append(line, "status", event.path("status_code").asText());
    JsonNode error = event.path("error");
    if (error.isObject()) {
      append(line, "error", error.path("code").asText());
      append(line, "hop", error.path("hop").asText());
    }
    if (event.has("state")) {
      append(line, "upstream_target", event.path("upstream_target").asText());
      append(line, "state", event.path("state").asText());
      append(
          line,
          "in_flight",
          event.path("in_flight").asText() + "/" + event.path("capacity").asText());
    }
  }

  private static void appendBody(StringBuilder line, JsonNode event) {
    String body = event.path("body").asText();
    if (body.isEmpty()) {
      return;
    }
    if (!event.path("body_encoding").asText().equals("utf-8")) {
      line.append(" body=(").append(base64Size(body)).append(" bytes)");
      return;
    }
    String preview = body.length() > BODY_PREVIEW ? body.substring(0, BODY_PREVIEW) : body;
    line.append(" body=\"")
        .append(printable(preview))
        .append(preview.equals(body) ? "\"" : "\"...");
  }

  private static int base64Size(String body) {
    int padding = body.endsWith("==") ? 2 : body.endsWith("=") ? 1 : 0;
    return body.length() / 4 * 3 - padding;
  }

  private static void append(StringBuilder line, String name, String value) {
    if (!value.isEmpty()) {
      line.append(' ').append(name).append('=').append(printable(value));
    }
  }

  /**
   * Escapes untrusted text, which must not move the cursor or change the colours of the terminal.
   */
  private static String printable(String s) {
    StringBuilder printable = new StringBuilder(s.length());
    s.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> printable.append("\\n");
                case '\r' -> printable.append("\\r");
                case '\t' -> printable.append("\\t");
                case '"' -> printable.append("\\\"");
                default -> {
                  if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                    printable.append(String.format("\\u%04x", c));
                  } else {
                    printable.appendCodePoint(c);
                  }
                }
              }
            });
    return printable.toString();
  }
}
