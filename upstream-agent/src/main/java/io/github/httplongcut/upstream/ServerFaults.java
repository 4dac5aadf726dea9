package io.github.httplongcut.upstream;

import io.github.httplongcut.admin.PageTime;
import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.UpstreamError;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.core.Target;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Notes the targets whose servers could not be reached by their last requests, for the reason in
 * the heartbeats. Belongs to the loop.
 */
final class ServerFaults {

  /** Failures of calls that had a connection to the server. Others say nothing about it. */
  private static final Set<Failure> AFTER_CONNECTING =
      EnumSet.of(
          Failure.UPSTREAM_PROTOCOL_ERROR, Failure.UPSTREAM_TIMEOUT, Failure.RESPONSE_TOO_LARGE);

  private final InstantSource clock;
  private final BiConsumer<Target, Optional<String>> listener;
  private final Set<Target> unreachable = new HashSet<>();

  /**
   * @param listener gets the fault of a target when it begins, and empty when it is over
   */
  ServerFaults(InstantSource clock, BiConsumer<Target, Optional<String>> listener) {
    this.clock = clock;
    this.listener = listener;
  }

  /** Notes a response or an error that the agent publishes. */
  void onAnswer(Target target, Event answer) {
    if (!(answer instanceof UpstreamError error)) {
      onReached(target);
      return;
    }
    if (error.error().failure() == Failure.UPSTREAM_UNREACHABLE) {
      onUnreachable(target, error.error());
    } else if (AFTER_CONNECTING.contains(error.error().failure())) {
      onReached(target);
    }
  }

  /** Notes that the target's server could be reached. */
  void onReached(Target target) {
    if (unreachable.remove(target)) {
      listener.accept(target, Optional.empty());
    }
  }

  private void onUnreachable(Target target, EventError error) {
    if (unreachable.add(target)) {
      // With the date: the heartbeats repeat this sentence for as long as the fault lasts.
      String since = "since " + PageTime.inSentence(clock.instant()) + ": ";
      listener.accept(target, Optional.of(since + withoutTarget(target.name(), error.message())));
    }
  }

  /** Removes the target's name, which begins most messages: a heartbeat names the target anyway. */
  static String withoutTarget(String target, String message) {
    String prefix = "upstream target '" + target + "': ";
    return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
  }
}
