package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.protocol.EventType;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Pairs each request with its answer. Forgets requests that began before the tap, and the oldest of
 * too many open ones. Not thread-safe.
 */
final class RequestPairs implements TapFormat {

  /** The events that tell how a request goes. */
  static final Set<EventType> EVENTS =
      Collections.unmodifiableSet(
          EnumSet.of(
              EventType.CLIENT_REQUEST,
              EventType.BROKER_REQUEST,
              EventType.BROKER_RESPONSE,
              EventType.BROKER_ERROR,
              EventType.CLIENT_CANCEL));

  /** Maximum number of open requests; the oldest are forgotten first. */
  static final int MOST_OPEN = 10_000;

  /** Time after which an open request is reported as unfinished. */
  static final double LONGEST_MS = 60_000;

  /** Longest id, name or path that is kept. The sender may be hostile. */
  private static final int MAX_CHARS = 256;

  private final Function<FinishedRequest, String> form;

  /** The open requests by {@code client_req_id}, the oldest first. */
  private final Map<String, Open> open =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Open> eldest) {
          return size() > MOST_OPEN;
        }
      };

  /** Request without an answer yet. */
  private record Open(
      Moment since, String target, String method, String path, String upstreamAgent) {

    Open with(String agent) {
      return new Open(since, target, method, path, agent);
    }
  }

  /**
   * @param form line of a finished request: {@link FinishedRequest#line} or {@link
   *     FinishedRequest#json}
   */
  RequestPairs(Function<FinishedRequest, String> form) {
    this.form = form;
  }

  @Override
  public List<String> lines(TracedMessage message, JsonNode event, Moment now) {
    List<String> lines = new ArrayList<>(linesAt(now));
    EventType.ofName(message.exchange())
        .flatMap(type -> on(type, message, event, now))
        .ifPresent(finished -> lines.add(form.apply(finished)));
    return lines;
  }

  @Override
  public List<String> linesAt(Moment now) {
    return tooOld(now).stream().map(form).toList();
  }

  private Optional<FinishedRequest> on(
      EventType type, TracedMessage message, JsonNode event, Moment now) {
    String id = text(event, "client_req_id");
    return switch (type) {
      case CLIENT_REQUEST -> {
        open.remove(id); // put alone would keep the place of an older request with the same id
        open.put(id, opened(event, now));
        yield Optional.empty();
      }
      case BROKER_REQUEST -> {
        open.computeIfPresent(id, (key, request) -> request.with(agentOf(message)));
        yield Optional.empty();
      }
      case BROKER_RESPONSE -> end(id, event.path("status_code").asInt(), "answered", now);
      case BROKER_ERROR -> end(id, 0, text(event.path("error"), "code"), now);
      case CLIENT_CANCEL -> end(id, 0, "cancelled", now);
      case CLIENT_REQUEST_ACK,
          BROKER_REQUEST_ACK,
          UPSTREAM_RESPONSE,
          UPSTREAM_ERROR,
          UPSTREAM_HEARTBEAT,
          BROKER_HELLO,
          BROKER_STATUS,
          BROKER_CANCEL ->
          Optional.empty();
    };
  }

  private static Open opened(JsonNode event, Moment now) {
    String url = event.path("url").asText();
    int query = url.indexOf('?');
    return new Open(
        now,
        text(event, "upstream_target"),
        text(event, "method"),
        cut(query < 0 ? url : url.substring(0, query)),
        "");
  }

  /** Returns the process id in the routing key {@code <upstream_target>.<upstream_id>}. */
  private static String agentOf(TracedMessage message) {
    return cut(message.key().substring(message.key().indexOf('.') + 1));
  }

  private Optional<FinishedRequest> end(String id, int status, String outcome, Moment now) {
    return Optional.ofNullable(open.remove(id))
        .map(request -> finished(id, request, status, outcome, now));
  }

  private static FinishedRequest finished(
      String id, Open request, int status, String outcome, Moment now) {
    double ms = Math.round(now.millisecondsSince(request.since) * 10) / 10.0;
    return new FinishedRequest(
        now.time().truncatedTo(ChronoUnit.MILLIS).toString(),
        id,
        request.target,
        request.method,
        request.path,
        status,
        outcome,
        ms,
        request.upstreamAgent);
  }

  /** Removes the open requests that are too old, and returns them as unfinished. */
  private List<FinishedRequest> tooOld(Moment now) {
    List<FinishedRequest> old = new ArrayList<>();
    Iterator<Map.Entry<String, Open>> entries = open.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<String, Open> entry = entries.next();
      if (now.millisecondsSince(entry.getValue().since) < LONGEST_MS) {
        break; // those that follow are younger
      }
      entries.remove();
      old.add(finished(entry.getKey(), entry.getValue(), 0, "unfinished", now));
    }
    return old;
  }

  private static String text(JsonNode event, String field) {
    return cut(event.path(field).asText());
  }

  private static String cut(String text) {
    return text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS);
  }
}
