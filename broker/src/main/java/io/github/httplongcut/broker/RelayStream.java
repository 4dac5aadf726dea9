package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.EventSource;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.ServerSentEvent;
import io.github.httplongcut.broker.inspect.Captures;
import java.io.IOException;
import java.util.List;

/**
 * Source of the stream {@code /api/stream}: every second the relay, and the requests that have
 * ended since the last event. Belongs to one stream.
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

  @Override
  public List<ServerSentEvent> poll() {
    ServerSentEvent requests = new ServerSentEvent("requests", requests());
    PageAnswer state = relay.relay();
    return state.status() == OK
        ? List.of(new ServerSentEvent("relay", state.body().strip()), requests)
        : List.of(requests); // the broker has just started
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
