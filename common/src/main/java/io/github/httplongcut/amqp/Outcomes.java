package io.github.httplongcut.amqp;

import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.loop.Loop;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands outcomes to the loop, and counts them. Thread-safe. */
final class Outcomes {

  /** A publication and its one outcome. */
  record Done(Publication publication, Outcome outcome) {}

  private static final Logger log = LoggerFactory.getLogger(Outcomes.class);

  private final Loop loop;
  private final SessionMetrics metrics;

  Outcomes(Loop loop, SessionMetrics metrics) {
    this.loop = loop;
    this.metrics = metrics;
  }

  /** Tells of these; what an outcome brings about may happen on this thread. */
  void tell(List<Done> done) {
    List<Done> awaited = new ArrayList<>(done.size());
    for (Done each : done) {
      metrics.outcome(each.outcome);
      if (each.publication.isAwaited()) {
        awaited.add(each);
      }
    }
    // One task for all: a confirm may be of dozens.
    if (!awaited.isEmpty()) {
      loop.executeHere(() -> awaited.forEach(Outcomes::tell));
    }
  }

  /** A bug in what one of them causes must not cost the others their outcome. */
  private static void tell(Done done) {
    try {
      done.publication.done(done.outcome);
    } catch (RuntimeException | Error e) {
      log.error(
          "event=bug publication={} outcome={}",
          LogText.quoted(done.publication.toString()),
          done.outcome,
          e);
    }
  }
}
