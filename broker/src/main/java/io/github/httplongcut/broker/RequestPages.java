package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.httplongcut.admin.AdminPages;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.PageQuery;
import io.github.httplongcut.broker.core.RouterView;
import io.github.httplongcut.broker.inspect.CapturedJson;
import io.github.httplongcut.broker.inspect.Captures;
import io.github.httplongcut.loop.Loop;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Pages about requests: {@code /api/requests} lists those that are over, and {@code
 * /api/requests/ID} is the account of one request, also while it is in flight.
 */
final class RequestPages {

  private static final String UNKNOWN_ID = "unknown_id";

  private final RequestMemory memory;
  private final RouterView router;
  private final Loop loop;
  private final Supplier<String> brokerId;
  private final Captures captures;

  /**
   * @param router belongs to the loop
   * @param brokerId returns this broker's current id; thread-safe
   * @param captures has the captured requests
   */
  RequestPages(
      RequestMemory memory,
      RouterView router,
      Loop loop,
      Supplier<String> brokerId,
      Captures captures) {
    this.memory = memory;
    this.router = router;
    this.loop = loop;
    this.brokerId = brokerId;
    this.captures = captures;
  }

  /** Adds the pages. */
  void addTo(AdminPages pages) {
    pages.add("/api/requests", this::list);
    pages.addBelow("/api/requests", this::account);
  }

  PageAnswer list(PageQuery query) {
    RequestFilter filter;
    try {
      filter = RequestFilter.of(query);
    } catch (IllegalArgumentException e) {
      return PageAnswer.error(400, "bad_query", e.getMessage());
    }
    return PageAnswer.json(
        200,
        json -> {
          writeList(json, "requests", memory.recent(), filter);
          writeList(json, "notable", memory.notable(), filter);
        });
  }

  private void writeList(
      JsonGenerator json, String name, List<RememberedRequest> requests, RequestFilter filter)
      throws IOException {
    json.writeArrayFieldStart(name);
    int left = filter.limit();
    for (RememberedRequest request : requests) {
      if (left > 0 && filter.accepts(request.record())) {
        json.writeStartObject();
        RequestJson.writeLine(json, request, captures);
        json.writeEndObject();
        left--;
      }
    }
    json.writeEndArray();
  }

  PageAnswer account(PageQuery query) throws InterruptedException {
    UUID id;
    try {
      id = UUID.fromString(query.subPath());
    } catch (IllegalArgumentException e) {
      return PageAnswer.error(404, UNKNOWN_ID, "the id of a request is a UUID");
    }
    Optional<RememberedRequest> ended = memory.find(id);
    if (ended.isPresent() && !ended.get().isLost()) {
      return account(ended.get());
    }
    // RabbitMQ redelivers a lost request, maybe to this broker, which then dispatches it again.
    UUID sought = ended.map(RememberedRequest::clientReqId).orElse(id);
    AtomicReference<Optional<RememberedRequest>> inFlight = new AtomicReference<>(Optional.empty());
    if (!loop.executeAndWait(() -> inFlight.set(inFlight(sought)), Loop.PAGE_TIMEOUT)) {
      return ended.map(this::account).orElseGet(RequestPages::busy);
    }
    return inFlight
        .get()
        .or(() -> memory.find(id)) // it may have ended meanwhile
        .map(this::account)
        .orElseGet(() -> unknown(id));
  }

  private static PageAnswer busy() {
    return PageAnswer.error(503, "loop_busy", "the broker's loop does not answer: try again");
  }

  /** Called on the loop. */
  private Optional<RememberedRequest> inFlight(UUID id) {
    return router.request(id).map(record -> memory.inFlight(record, loop.now()));
  }

  private PageAnswer account(RememberedRequest request) {
    return PageAnswer.json(
        200,
        json -> {
          RequestJson.write(json, request, brokerId.get());
          CapturedJson.write(json, captures, request.record().subject().clientReqId());
        });
  }

  private static PageAnswer unknown(UUID id) {
    return PageAnswer.error(
        404,
        UNKNOWN_ID,
        "this broker holds no request "
            + id
            + ", and remembers none: it remembers the last 1,000, and 1,000 that failed or were"
            + " slow");
  }
}
