package io.github.httplongcut.amqp;

import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts outcomes and hands them to the loop. Thread-safe. */
final class Outcomes {

  /** A publication with its outcome. */
  record Completion(Publication publication, Outcome outcome) {}

  private static final Logger log = LoggerFactory.getLogger(Outcomes.class);

  private final Loop loop;
  private final PublishingMetrics metrics;

  Outcomes(Loop loop, PublishingMetrics metrics) {
    this.loop = loop;
    this.metrics = metrics;
  }

  /** Counts the outcomes and calls the publications' listeners, possibly on this thread. */
  void deliver(List<Completion> completions) {
    List<Completion> awaited = new ArrayList<>(completions.size());
    for (Completion each : completions) {
      metrics.outcome(each.outcome);
      if (each.publication.hasOutcomeListener()) {
        awaited.add(each);
      }
    }
    // One task for all of them: one confirm may complete dozens of publications.
    if (!awaited.isEmpty()) {
      loop.executeHere(() -> awaited.forEach(Outcomes::deliver));
    }
  }

  /** Catches a listener's exception, so that the other publications still get their outcome. */
  private static void deliver(Completion completion) {
    try {
      completion.publication.done(completion.outcome);
    } catch (RuntimeException | Error e) {
      log.error(
          "event=bug publication={} outcome={}",
          LogText.quoted(completion.publication.toString()),
          completion.outcome,
          e);
    }
  }
}
