package io.github.httplongcut.cli.status;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Answer of a broker to {@code /api/status}.
 *
 * @param address address of the broker's admin pages
 * @param status the JSON; a field of another type counts as missing
 */
record BrokerView(String address, JsonNode status) {

  /** Age of a snapshot, made once a second, from which the broker's loop must be stuck. */
  private static final Duration STALE = Duration.ofSeconds(3);

  private static final String OPEN = "open";
  private static final String GROWING = "growing";
  private static final Set<String> INTAKE_OPEN = Set.of(OPEN, GROWING);

  /** Returns the broker's id, or its address if it names none. */
  String id() {
    String id = status.path("process").path("id").asText();
    return id.isEmpty() ? address : id;
  }

  /**
   * Returns the objects of a list: {@code targets}, {@code upstream_agents}, {@code client_agents}.
   */
  List<JsonNode> list(String field) {
    List<JsonNode> objects = new ArrayList<>();
    status.path(field).forEach(objects::add);
    return objects;
  }

  /** Returns the number of rows that the broker left out of a list. */
  long truncated(String field) {
    return status.path("truncated").path(field).asLong();
  }

  /** Returns whether the broker says that it consumes requests. */
  boolean takesRequests() {
    return INTAKE_OPEN.contains(status.path("intake").path("state").asText());
  }

  /** Returns the row of the broker itself. */
  BrokerRow row() {
    JsonNode requests = status.path("requests");
    List<String> reasons = new ArrayList<>();
    Health health = judge(reasons);
    return new BrokerRow(
        id(),
        address,
        status.path("intake").path("state").asText(),
        status.path("rabbitmq").path("state").asText(),
        requests.path("waiting").asLong() + requests.path("settling").asLong(),
        requests.path("dispatched").asLong() + requests.path("running").asLong(),
        requests.path("waiting").asLong()
            + requests.path("settling").asLong()
            + requests.path("dispatched").asLong()
            + requests.path("running").asLong(),
        requests.path("max_in_flight").asLong(),
        status.path("process").path("version").asText(),
        health,
        String.join("; ", reasons));
  }

  /** Judges the broker, and adds the reasons. */
  private Health judge(List<String> reasons) {
    Health health = Health.WELL;
    long age = snapshotAge().toSeconds();
    if (age >= STALE.toSeconds()) {
      reasons.add(
          "its state is %d s old: its loop is stuck; look into its log, and restart it"
              .formatted(age));
      health = Health.PROBLEM;
    }
    JsonNode rabbitMq = status.path("rabbitmq");
    if (!rabbitMq.path("state").asText().equals("up")) {
      reasons.add("RabbitMQ is " + rabbitMq.path("state").asText() + detail(rabbitMq));
      return Health.PROBLEM; // its intake is closed for this reason
    }
    JsonNode intake = status.path("intake");
    Health ofIntake =
        switch (intake.path("state").asText()) {
          case OPEN, GROWING -> Health.WELL;
          case "starting", "draining" -> Health.NOTE;
          default -> Health.PROBLEM;
        };
    if (ofIntake != Health.WELL) {
      reasons.add("takes no requests: " + intake.path("state").asText() + detail(intake));
    }
    return health.worse(ofIntake);
  }

  private static String detail(JsonNode part) {
    String detail = part.path("detail").asText();
    return detail.isEmpty() ? "" : " (" + detail + ")";
  }

  /** Returns the age of the snapshot by the broker's own clock; zero if it does not tell. */
  private Duration snapshotAge() {
    try {
      return Duration.between(
          Instant.parse(status.path("taken_at").asText()),
          Instant.parse(status.path("process").path("now").asText()));
    } catch (DateTimeException e) {
      return Duration.ZERO;
    }
  }
}
