package io.github.httplongcut.cli.diag;

import io.github.httplongcut.cli.diag.Part.Keep;
import io.github.httplongcut.cli.sources.Gathered;
import io.github.httplongcut.cli.sources.Gathering;
import io.github.httplongcut.cli.sources.TextEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Asks for the parts of the archive at the same time, within the time of one gathering. Not
 * thread-safe.
 */
final class Collector implements AutoCloseable {

  private record Pending(String name, Gathering.Asked<Part> question) {}

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

  /** Asks for a part of which the beginning counts. Returns at once. */
  void ask(String name, Callable<String> question) {
    askForPart(name, () -> Part.of(name, redaction.of(question.call()), Keep.BEGINNING));
  }

  /** Asks for a part of which the end counts. Returns at once. */
  void askForEnd(String name, Callable<TextEnd> question) {
    askForPart(
        name,
        () -> {
          TextEnd end = question.call();
          return Part.ofEnd(name, new TextEnd(redaction.of(end.text()), end.omitted()));
        });
  }

  private void askForPart(String name, Callable<Part> question) {
    pending.add(new Pending(name, gathering.ask(name, question)));
  }

  /** Waits for the answers, and returns the parts without passwords. */
  List<Part> parts() {
    return pending.stream().map(this::part).toList();
  }

  private Part part(Pending each) {
    Gathered<Part> result = each.question.result();
    return result.answer().orElseGet(() -> Part.missing(each.name, redaction.of(result.why())));
  }

  @Override
  public void close() {
    gathering.close();
  }
}
