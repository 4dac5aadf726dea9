package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.EventSource;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.ServerSentEvent;
import io.github.httplongcut.broker.inspect.Captures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Source of the stream {@code /api/stream}: every second the relay, and the requests that have
 * ended since the last event. Belongs to one stream. The stream {@code /api/stream/relay} has the
 * relay only: under load, the requests are nearly all bytes of a stream.
 */
final class RelayStream implements EventSource {

  private static final int OK = 200;

  private final RelayPages relay;
  private final RequestMemory memory;
  private final Captures captures;
  private long next;

  private RelayStream(RelayPages relay, RequestMemory memory, Captures captures) {
    this.relay = relay;
    this.memory = memory;
    this.captures = captures;
    this.next = memory.next();
  }

  /** Opens a stream, which begins with the requests that end from now on. */
  static RelayStream open(RelayPages relay, RequestMemory memory, Captures captures) {
    return new RelayStream(relay, memory, captures);
  }

  /** Opens a stream of the relay only. */
  static EventSource openWithoutRequests(RelayPages relay) {
    return () -> state(relay);
  }

  @Override
  public List<ServerSentEvent> poll() {
    List<ServerSentEvent> events = new ArrayList<>(state(relay));
    events.add(new ServerSentEvent("requests", requests()));
    return events;
  }

  /** Returns the event with the state of the relay; none if the broker has just started. */
  private static List<ServerSentEvent> state(RelayPages relay) {
    PageAnswer state = relay.relay();
    return state.status() == OK
        ? List.of(new ServerSentEvent("relay", state.body().strip()))
        : List.of();
  }

  private String requests() {
    RequestMemory.Feed feed = memory.since(next);
    next = feed.next();
    return PageAnswer.json(
            OK,
            json -> {
              json.writeNumberField("next", feed.next());
              json.writeNumberField("omitted", feed.omitted());
              writeList(json, "recent", feed.recent());
              writeList(json, "notable", feed.notable());
            })
        .body()
        .strip();
  }

  private void writeList(JsonGenerator json, String name, List<RememberedRequest> requests)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (RememberedRequest request : requests) {
      json.writeStartObject();
      RequestJson.writeLine(json, request, captures);
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
