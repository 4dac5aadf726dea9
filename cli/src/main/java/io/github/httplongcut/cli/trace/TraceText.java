package io.github.httplongcut.cli.trace;

import io.github.httplongcut.cli.output.Layout;
import io.github.httplongcut.cli.output.Paint;
import io.github.httplongcut.cli.output.PlainText;
import io.github.httplongcut.cli.output.TextTable;
import io.github.httplongcut.cli.trace.BrokerTrace.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Lays out what is known of a request as text. */
final class TraceText {

  private static final int LABEL = 14;

  private final Layout layout;
  private final List<String> lines = new ArrayList<>();

  private TraceText(Layout layout) {
    this.layout = layout;
  }

  /**
   * Returns the lines.
   *
   * @param entry the entry of the access log, if there is one
   * @param traces what the brokers remember, the oldest first
   */
  static List<String> lines(Layout layout, Optional<LogEntry> entry, List<BrokerTrace> traces) {
    TraceText text = new TraceText(layout);
    entry.ifPresent(logged -> text.addEntry(logged, traces.isEmpty()));
    for (BrokerTrace trace : traces) {
      if (!text.lines.isEmpty()) {
        text.lines.add("");
      }
      text.addTrace(trace);
    }
    return text.lines;
  }

  private void addEntry(LogEntry entry, boolean alone) {
    add("client_req_id", entry.clientReqId());
    for (String id : entry.publications()) {
      add("", id + ", published again");
    }
    add("access log", entry.time() + ", caller " + entry.caller());
    add("request", entry.request() + " to " + named(entry.upstreamTarget(), "no target"));
    add(
        "ended",
        "%s with status %d after %s ms"
            .formatted(entry.outcome(), entry.status(), milliseconds(entry.ms())));
    if (!entry.broker().isEmpty()) {
      add("broker", entry.broker());
    }
    if (alone) {
      addVerdict(Verdict.of(entry));
    }
  }

  private void addTrace(BrokerTrace trace) {
    add("client_req_id", trace.text("client_req_id"));
    add(
        "request",
        "%s %s to %s, %s bytes"
            .formatted(
                trace.text("method"),
                trace.text("path"),
                trace.text("upstream_target"),
                trace.text("request_bytes")));
    add("client agent", trace.text("client_agent"));
    add("broker", trace.text("broker") + " at " + trace.address());
    add("received", trace.text("received_at"));
    add("ended", ended(trace));
    if (!trace.error().isEmpty()) {
      add("error", trace.error());
    }
    addVerdict(Verdict.of(trace));
    lines.add("");
    TextTable table = new TextTable("MS", "STAGE", "UPSTREAM AGENT");
    String shownId = "";
    for (Step step : trace.steps()) {
      boolean isNew = step.stage().equals("dispatched") && !step.brokerReqId().equals(shownId);
      String why = isNew ? withId(step) : step.why();
      shownId = isNew ? step.brokerReqId() : shownId;
      table.add(Paint.PLAIN, why, milliseconds(step.ms()), step.stage(), step.upstreamAgent());
    }
    lines.addAll(table.lines(layout));
    long omitted = trace.json().path("omitted_steps").asLong();
    if (omitted > 0) {
      lines.add("The broker has forgotten " + omitted + " of the steps.");
    }
  }

  /** Returns the reason, with the id of the dispatch, which the agent's log has. */
  private static String withId(Step step) {
    String id = "broker_req_id " + step.brokerReqId();
    return step.why().isEmpty() ? id : step.why() + "; " + id;
  }

  private static String ended(BrokerTrace trace) {
    String after = milliseconds(trace.json().path("total_ms").asDouble()) + " ms";
    if (!trace.isOver()) {
      return "not yet: " + named(trace.lastStage(), "in flight") + " for " + after + " in all";
    }
    String status = trace.text("status");
    return trace.text("outcome")
        + (status.isEmpty() || status.equals("0") ? "" : " with status " + status)
        + " after "
        + after;
  }

  private void addVerdict(Verdict verdict) {
    add("did it run", verdict.ran());
    add("next step", verdict.nextStep());
  }

  private void add(String label, String text) {
    List<String> wrapped =
        TextTable.wrapped(PlainText.of(text), Math.max(20, layout.columns() - LABEL - 1));
    String start = label;
    for (String line : wrapped) {
      lines.add((start + " ".repeat(LABEL + 1 - start.length()) + line).stripTrailing());
      start = "";
    }
  }

  private static String named(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }

  private static String milliseconds(double ms) {
    return String.format(Locale.ROOT, "%.1f", ms);
  }
}
