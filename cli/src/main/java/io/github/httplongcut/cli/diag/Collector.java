package io.github.httplongcut.cli.diag;

import io.github.httplongcut.cli.diag.Part.Keep;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Asks for the parts of the archive at the same time, within the time of one gathering. Not
 * thread-safe.
 */
final class Collector implements AutoCloseable {

  private record Pending(String name, Keep keep, Gathering.Asked<String> question) {}

  private final Redaction redaction;
  private final Gathering gathering;
  private final List<Pending> pending = new ArrayList<>();

  /**
   * Begins to ask.
   *
   * @param gathering closed with the collector
   */
  Collector(Redaction redaction, Gathering gathering) {
    this.redaction = redaction;
    this.gathering = gathering;
  }

  /** Asks for a part. Returns at once. */
  void ask(String name, Keep keep, Callable<String> question) {
    pending.add(new Pending(name, keep, gathering.ask(name, question)));
  }

  /** Waits for the answers, and returns the parts without passwords. */
  List<Part> parts() {
    return pending.stream().map(this::part).toList();
  }

  private Part part(Pending each) {
    Gathered<String> result = each.question.result();
    return result
        .answer()
        .map(text -> Part.of(each.name, redaction.of(text), each.keep))
        .orElseGet(() -> Part.missing(each.name, redaction.of(result.why())));
  }

  @Override
  public void close() {
    gathering.close();
  }
}
