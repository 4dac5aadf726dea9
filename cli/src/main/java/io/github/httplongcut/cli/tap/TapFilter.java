package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Selects the events of a target or of a request. Only requests name their target, and an event has
 * only some ids of its request. So the filter remembers the ids of selected events: an event with a
 * remembered id is selected, too, and its other ids are remembered. Not thread-safe.
 */
final class TapFilter {

  private static final List<String> IDS =
      List.of("client_req_id", "broker_req_id", "upstream_req_id");

  /** Maximum number of remembered ids; the oldest are forgotten first. */
  static final int MEMORY = 30_000;

  private final String target;
  private final String request;
  private final Map<String, Boolean> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MEMORY;
        }
      };

  /**
   * @param target the upstream target to follow, or null for any
   * @param request one of the ids of the request to follow, or null for any
   */
  TapFilter(String target, String request) {
    this.target = target;
    this.request = request;
  }

  /**
   * Returns whether to show the event. Must be called for every event, in the order of the trace.
   */
  boolean accepts(JsonNode event) {
    if (target == null && request == null) {
      return true;
    }
    boolean belongs =
        matches(event) || IDS.stream().anyMatch(id -> known.containsKey(text(event, id)));
    if (belongs) {
      for (String id : IDS) {
        if (event.hasNonNull(id)) {
          known.put(text(event, id), true);
        }
      }
    }
    return belongs;
  }

  private boolean matches(JsonNode event) {
    boolean ofTarget = target == null || text(event, "upstream_target").equals(target);
    boolean ofRequest =
        request == null || IDS.stream().anyMatch(id -> text(event, id).equals(request));
    return ofTarget && ofRequest;
  }

  private static String text(JsonNode event, String field) {
    return event.path(field).asText();
  }
}
