package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.logging.LogText;
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

  /** Maximum number of characters of any other text, such as a URL. */
  private static final int MAX_CHARS = 2_000;

  private TapLine() {}

  /** Formats an event, in the time zone of the machine. */
  static List<String> lines(TracedMessage message, JsonNode event, Moment now) {
    return List.of(of(message, event, LocalTime.ofInstant(now.time(), ZoneId.systemDefault())));
  }

  static String of(TracedMessage message, JsonNode event, LocalTime now) {
    StringBuilder line = new StringBuilder(200);
    line.append(TIME.format(now)).append(' ');
    line.append(String.format("%-18s ", printable(message.exchange())));
    line.append(printable(message.user())).append(" -> ");
    line.append(
        message.queues().isEmpty() ? "(no queue)" : printable(String.join(",", message.queues())));
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
    line.append(" body=").append(LogText.quoted(preview)).append(preview.equals(body) ? "" : "...");
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

  /** Cleans text of other companies, which must not control the terminal. */
  private static String printable(String text) {
    return PlainText.of(text, MAX_CHARS);
  }
}
