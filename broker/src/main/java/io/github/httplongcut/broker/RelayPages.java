package io.github.httplongcut.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.httplongcut.admin.AdminPages;
import io.github.httplongcut.admin.PageAnswer;
import io.github.httplongcut.admin.PageQuery;
import io.github.httplongcut.broker.core.RelayHistory;
import io.github.httplongcut.broker.core.RelayState;
import io.github.httplongcut.broker.inspect.InspectConfig;
import io.github.httplongcut.config.Version;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Pages about the whole relay: {@code /api/relay} and {@code /api/history}. The relay is rendered
 * at most once a second, however many readers there are, and only if somebody reads it.
 * Thread-safe.
 */
final class RelayPages {

  private static final long RENDERED_FOR = Duration.ofSeconds(1).toNanos();

  /** Consequence of each trouble. */
  private static final String MEANWHILE =
      ". Meanwhile this broker does not hear the others, and the numbers on this page are its own.";

  private final RelayBoard board;
  private final RelayJson relayJson;
  private final Supplier<String> brokerId;
  private final Supplier<Optional<String>> trouble;
  private final InspectConfig inspect;
  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private PageAnswer rendered;

  @GuardedBy("lock")
  private long renderedAt;

  /**
   * Parts of the pages that are not on the board. The suppliers are thread-safe.
   *
   * @param brokerId returns this broker's current id
   * @param trouble returns a sentence if this broker does not hear the others
   * @param inspect says whether the page shows captured requests, and sends them again
   * @param clock {@code nanoTime}
   */
  record Live(
      Supplier<String> brokerId,
      Supplier<Optional<String>> trouble,
      InspectConfig inspect,
      LongSupplier clock) {}

  RelayPages(RelayBoard board, WallTime time, Live live) {
    this.board = board;
    this.relayJson = new RelayJson(time);
    this.brokerId = live.brokerId;
    this.trouble = live.trouble;
    this.inspect = live.inspect;
    this.clock = live.clock;
  }

  /** Adds the pages. */
  void addTo(AdminPages pages) {
    pages.add("/api/relay", query -> relay());
    pages.add("/api/history", this::history);
  }

  /** Returns the relay. */
  PageAnswer relay() {
    lock.lock();
    try {
      long now = clock.getAsLong();
      if (rendered == null || rendered.status() != 200 || now - renderedAt >= RENDERED_FOR) {
        rendered = render();
        renderedAt = now;
      }
      return rendered;
    } finally {
      lock.unlock();
    }
  }

  private PageAnswer render() {
    return board
        .state()
        .map(state -> PageAnswer.json(200, json -> write(json, state)))
        .orElseGet(() -> PageAnswer.error(503, "starting", "the broker has just started"));
  }

  private void write(JsonGenerator json, RelayState state) throws IOException {
    json.writeStringField("taken_at", relayJson.shown(state.takenAt()));
    json.writeStringField("broker", brokerId.get());
    json.writeNumberField("uptime_ms", ManagementFactory.getRuntimeMXBean().getUptime());
    json.writeStringField("version", Version.current());
    json.writeObjectFieldStart("inspect");
    json.writeBooleanField("capture", inspect.capture());
    json.writeBooleanField("replay", inspect.replay());
    json.writeEndObject();
    json.writeArrayFieldStart("notices");
    Optional<String> notice = trouble.get();
    if (notice.isPresent()) {
      json.writeString(notice.get() + MEANWHILE);
    }
    json.writeEndArray();
    relayJson.write(json, state);
  }

  /** Returns the history of one target, or of all together. */
  PageAnswer history(PageQuery query) {
    Optional<String> target = query.parameter("target");
    Optional<RelayHistory.Points> points =
        target.isPresent() ? board.history(target.get()) : Optional.of(board.history());
    return points
        .map(found -> PageAnswer.json(200, json -> write(json, found)))
        .orElseGet(
            () -> PageAnswer.error(404, "unknown_target", "this target has no history here"));
  }

  private void write(JsonGenerator json, RelayHistory.Points points) throws IOException {
    json.writeNumberField("interval_ms", RelayHistory.INTERVAL.toMillis());
    json.writeStringField("until", relayJson.shown(points.until()));
    json.writeNumberField("points", points.rate().size());
    writeList(json, "rate", points.rate());
    writeList(json, "failed_rate", points.failedRate());
    writeList(json, "p50_ms", points.p50());
    writeList(json, "p99_ms", points.p99());
    writeCounts(json, "in_flight", points.inFlight());
    writeCounts(json, "waiting", points.waiting());
  }

  private static void writeList(JsonGenerator json, String name, List<Float> numbers)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (float number : numbers) {
      if (Float.isNaN(number)) {
        json.writeNull();
      } else {
        json.writeNumber(RelayJson.rounded(number));
      }
    }
    json.writeEndArray();
  }

  private static void writeCounts(JsonGenerator json, String name, List<Integer> numbers)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (int number : numbers) {
      json.writeNumber(number);
    }
    json.writeEndArray();
  }
}
