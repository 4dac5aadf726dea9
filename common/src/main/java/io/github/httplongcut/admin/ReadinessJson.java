package io.github.httplongcut.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/** JSON form of the {@link Readiness}. */
final class ReadinessJson {

  private ReadinessJson() {}

  /** Returns the page {@code /readyz}. */
  static PageAnswer page(Readiness readiness) {
    List<Readiness.Condition> conditions = readiness.conditions();
    return PageAnswer.json(isReady(conditions) ? 200 : 503, json -> write(json, conditions));
  }

  /** Writes the members {@code ready} and {@code conditions}. */
  static void write(JsonGenerator json, List<Readiness.Condition> conditions) throws IOException {
    json.writeBooleanField("ready", isReady(conditions));
    json.writeArrayFieldStart("conditions");
    for (Readiness.Condition condition : conditions) {
      json.writeStartObject();
      json.writeStringField("name", condition.name());
      json.writeBooleanField("ready", condition.ready());
      json.writeStringField("detail", condition.detail());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static boolean isReady(List<Readiness.Condition> conditions) {
    return conditions.stream().allMatch(Readiness.Condition::ready);
  }
}
