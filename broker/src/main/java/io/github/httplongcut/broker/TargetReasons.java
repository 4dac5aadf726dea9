package io.github.httplongcut.broker;

import io.github.httplongcut.admin.PageTime;
import io.github.httplongcut.broker.core.LastAgent;
import io.github.httplongcut.broker.core.TargetStatus;

/** Sentences that say why a target is not well. Thread-safe. */
final class TargetReasons {

  private final WallTime time;

  TargetReasons(WallTime time) {
    this.time = time;
  }

  /** Returns the reason of the target's state, with the time and the last agent if it has none. */
  String of(TargetStatus target) {
    if (target.withoutAgentSince().isEmpty()) {
      return target.reason();
    }
    String since = PageTime.inSentence(time.of(target.withoutAgentSince().getAsLong()), time.now());
    if (target.agents().known() > 0) {
      return target.reason() + ", since " + since;
    }
    return target
        .lastAgent()
        .map(last -> target.reason() + " since " + since + "; " + describe(last))
        .orElseGet(() -> target.reason() + ": this broker has seen none for this target");
  }

  private static String describe(LastAgent last) {
    String agent = "the last was " + last.id();
    return switch (last.departure()) {
      case GONE ->
          last.reason().isEmpty()
              ? agent + ", which has stopped"
              : agent + ", which said: " + last.reason();
      case SILENT ->
          last.reason().isEmpty()
              ? agent + ", whose heartbeats stopped"
              : agent + ", whose heartbeats stopped; it said before: " + last.reason();
    };
  }
}
