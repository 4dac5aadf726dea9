package io.github.httplongcut.client;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counters of the publications of requests, and of dropped events. Only for the loop. */
final class PublicationMetrics {

  /** Reasons, so that every counter exists from the start: a rate needs the value before. */
  private static final List<String> WHY_FAILED =
      List.of("returned", "dead_letter", "not_run", "in_doubt");

  private static final List<String> WHY_AGAIN =
      List.of(
          "returned", "dead_letter", "not_run", "in_doubt", "unknown", "check", "inbox_replaced");

  private final MeterRegistry registry;
  private final Counter publications;
  private final Counter droppedEvents;
  private final Map<String, Counter> again = new HashMap<>();
  private final Map<String, Counter> failed = new HashMap<>();

  PublicationMetrics(MeterRegistry registry) {
    this.registry = registry;
    publications =
        Counter.builder("longcut.client.publications")
            .description("Requests published, repetitions included")
            .register(registry);
    droppedEvents =
        Counter.builder("longcut.client.events.dropped")
            .description("Events dropped because no request waits for them")
            .register(registry);
    WHY_AGAIN.forEach(this::again);
    WHY_FAILED.forEach(this::failed);
  }

  void published() {
    publications.increment();
  }

  /** A request was published once more. */
  void publishedAgain(String why) {
    publications.increment();
    again(why).increment();
  }

  /** A publication came back: the request did not run, or is in doubt. */
  void publicationFailed(String why) {
    failed(why).increment();
  }

  void eventDropped() {
    droppedEvents.increment();
  }

  private Counter again(String why) {
    return again.computeIfAbsent(
        why,
        key ->
            Counter.builder("longcut.client.publications.again")
                .description("Publications of requests that were published before")
                .tag("why", key)
                .register(registry));
  }

  private Counter failed(String why) {
    return failed.computeIfAbsent(
        why,
        key ->
            Counter.builder("longcut.client.publications.failed")
                .description(
                    "Publications that came back: the request did not run, or may have run")
                .tag("why", key)
                .register(registry));
  }
}
