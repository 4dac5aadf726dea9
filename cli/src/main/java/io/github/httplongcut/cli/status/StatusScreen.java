package io.github.httplongcut.cli.status;

import io.github.httplongcut.cli.output.Layout;
import io.github.httplongcut.cli.output.Paint;
import io.github.httplongcut.cli.output.TextTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Lays a status out as tables. Within a table, rows with a problem come first. */
final class StatusScreen {

  /** Number of rows of a table, unless all are wanted. */
  static final int MOST_ROWS = 8;

  private static final int ALL = Integer.MAX_VALUE;

  private final RelayStatus status;
  private final Layout layout;
  private final int mostRows;

  /** Selects the cells of a row. */
  private interface Cells<R> {
    String[] of(R row);
  }

  private StatusScreen(RelayStatus status, Layout layout, int mostRows) {
    this.status = status;
    this.layout = layout;
    this.mostRows = mostRows;
  }

  static StatusScreen complete(RelayStatus status, Layout layout) {
    return new StatusScreen(status, layout, ALL);
  }

  /** Lays out at most {@link #MOST_ROWS} rows of each table. */
  static StatusScreen cut(RelayStatus status, Layout layout) {
    return new StatusScreen(status, layout, MOST_ROWS);
  }

  /** Returns the lines of the screen. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    Paint paint = status.well() ? Paint.GOOD : Paint.BAD;
    lines.add(paint.on(title(), layout.colours()));
    addRabbitMq(lines);
    add(
        lines,
        new TextTable("BROKER", "INTAKE", "RABBITMQ", "WAITING", "RUNNING", "HELD"),
        status.relay().brokers(),
        StatusScreen::cells);
    add(
        lines,
        new TextTable(
            "TARGET", "STATE", "AGENTS", "FREE", "WAITING", "RUNNING", "ANSWERED", "FAILED"),
        status.relay().targets(),
        row ->
            new String[] {
              row.name(),
              row.state(),
              String.valueOf(row.agents()),
              row.free() + "/" + row.capacity(),
              String.valueOf(row.waiting()),
              String.valueOf(row.inFlight()),
              String.valueOf(row.answered()),
              String.valueOf(row.failed())
            });
    add(
        lines,
        new TextTable("UPSTREAM AGENT", "TARGET", "STATE", "FREE", "HEARD"),
        status.relay().upstreamAgents(),
        row ->
            new String[] {
              row.name(),
              row.target(),
              row.state(),
              row.free() + "/" + row.capacity(),
              ago(row.lastHeardMs())
            });
    add(
        lines,
        new TextTable("CLIENT AGENT", "STATE", "LAST REQUEST", "REQUESTS"),
        status.relay().clientAgents(),
        row ->
            new String[] {
              row.name(), row.state(), ago(row.lastRequestMs()), String.valueOf(row.requests())
            });
    addQueues(lines);
    addNotes(lines);
    return lines;
  }

  /** Returns the cells of a broker; one that did not answer has no numbers. */
  private static String[] cells(BrokerRow row) {
    boolean known = !row.rabbitmq().isEmpty();
    return new String[] {
      row.name(),
      row.state(),
      row.rabbitmq(),
      known ? Long.toString(row.waiting()) : "",
      known ? Long.toString(row.running()) : "",
      known ? row.inFlight() + "/" + row.maxInFlight() : ""
    };
  }

  private String title() {
    int problems = status.problems().size();
    String judgement =
        problems == 0 ? "all is well" : problems == 1 ? "1 problem" : problems + " problems";
    return "HTTP LongCut at " + status.takenAt() + ": " + judgement;
  }

  private void addRabbitMq(List<String> lines) {
    add(
        lines,
        new TextTable("RABBITMQ", "VERSION", "STATE", "MEMORY", "DISK FREE"),
        status.rabbitmq().nodes(),
        row ->
            new String[] {
              row.name(),
              status.rabbitmq().version(),
              row.state(),
              mebibytes(row.memoryUsed()),
              mebibytes(row.diskFree())
            });
  }

  private void addQueues(List<String> lines) {
    if (status.queues().isEmpty()) {
      return;
    }
    add(
        lines,
        new TextTable("QUEUE", "QUEUES", "READY", "UNACKED", "CONSUMERS"),
        status.queues(),
        row ->
            new String[] {
              row.name(),
              String.valueOf(row.queues()),
              String.valueOf(row.ready()),
              String.valueOf(row.unacked()),
              String.valueOf(row.consumers())
            });
  }

  private void addNotes(List<String> lines) {
    if (status.relay().truncated() > 0) {
      lines.add("");
      lines.add("The brokers left out " + status.relay().truncated() + " targets and agents.");
    }
    for (String missing : status.missing()) {
      lines.add("");
      lines.add("Note: " + missing);
    }
  }

  private <R extends StatusRow> void add(
      List<String> lines, TextTable table, List<R> rows, Cells<R> cells) {
    if (rows.isEmpty()) {
      return;
    }
    List<R> sorted =
        rows.stream().sorted(Comparator.comparing(R::health, Comparator.reverseOrder())).toList();
    for (R row : sorted.subList(0, Math.min(mostRows, sorted.size()))) {
      table.add(row.health().paint(), row.why(), cells.of(row));
    }
    lines.add("");
    lines.addAll(table.lines(layout));
    if (sorted.size() > mostRows) {
      List<R> left = sorted.subList(mostRows, sorted.size());
      long problems = left.stream().filter(row -> row.health() == Health.PROBLEM).count();
      lines.add(
          "… and "
              + left.size()
              + " more"
              + (problems == 0 ? "" : ", " + problems + " of them with a problem")
              + " (--all)");
    }
  }

  private static String ago(long milliseconds) {
    if (milliseconds < 1_000) {
      return milliseconds + " ms";
    }
    long seconds = milliseconds / 1_000;
    if (seconds < 120) {
      return seconds + " s";
    }
    return seconds < 7_200 ? seconds / 60 + " min" : seconds / 3_600 + " h";
  }

  private static String mebibytes(long bytes) {
    if (bytes <= 0) {
      return "";
    }
    long mebibytes = bytes >> 20;
    return mebibytes < 10_240 ? mebibytes + " MiB" : (mebibytes >> 10) + " GiB";
  }
}
