package io.github.httplongcut.cli.trace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory of a broker about a request: its answer to {@code /api/requests/ID}.
 *
 * @param address address of the broker's admin pages
 * @param json the JSON; a field of another type counts as missing
 */
record BrokerTrace(String address, JsonNode json) {

  /** Change of the request's stage. */
  record Step(double ms, String stage, String upstreamAgent, String brokerReqId, String why) {}

  String text(String field) {
    return json.path(field).asText();
  }

  /** Returns the error's code and detail; empty if the request has none. */
  String error() {
    JsonNode error = json.path("error");
    String detail = error.path("detail").asText();
    return error.path("code").asText() + (detail.isEmpty() ? "" : ": " + detail);
  }

  boolean isOver() {
    return text("state").equals("over");
  }

  /** Returns the steps in their order. */
  List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (JsonNode step : json.path("steps")) {
      steps.add(
          new Step(
              step.path("ms").asDouble(),
              step.path("stage").asText(),
              step.path("upstream_agent").asText(),
              step.path("broker_req_id").asText(),
              step.path("why").asText()));
    }
    return steps;
  }

  /** Returns the last stage; empty if there is none. */
  String lastStage() {
    List<Step> steps = steps();
    return steps.isEmpty() ? "" : steps.get(steps.size() - 1).stage();
  }
}
