package io.github.httplongcut.cli.tap;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which events belong to what a person follows. Only requests name their target, and each event
 * only some of a request's ids; so the filter learns: an event that shares an id with one that
 * belonged belongs too, and brings its own ids. Not thread-safe.
 */
final class TapFilter {

  private static final List<String> IDS =
      List.of("client_req_id", "broker_req_id", "upstream_req_id");

  /** As many ids as are remembered; the oldest are forgotten. */
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

  /** Takes every event in the order of the trace, and says whether to show it. */
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
