package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.EventError;
import java.util.Optional;

/**
 * End of a request in this broker.
 *
 * @param status status that the client agent is told; 0 if it is told nothing
 * @param error the error that the client agent is told
 * @param why the reason, for the log and the timeline
 */
public record Ending(Kind kind, int status, Optional<EventError> error, String why) {

  /** Kinds of ends. */
  public enum Kind {
    /** The upstream server has responded. */
    ANSWERED,
    /** The relay answers with an error. */
    FAILED,
    /** The client agent cancelled the request. */
    CANCELLED,
    /** This broker has lost the request; another broker, or the agent's answer, decides. */
    LOST
  }

  static Ending answered(int status) {
    return new Ending(Kind.ANSWERED, status, Optional.empty(), "answered");
  }

  static Ending failed(EventError error) {
    return new Ending(
        Kind.FAILED, error.failure().status(), Optional.of(error), error.failure().code());
  }

  static Ending cancelled() {
    return new Ending(Kind.CANCELLED, 0, Optional.empty(), "cancelled");
  }

  static Ending lost(String why) {
    return new Ending(Kind.LOST, 0, Optional.empty(), why);
  }

  /** Returns {@code answered}, {@code cancelled}, {@code lost}, or the error's code. */
  public String outcome() {
    return switch (kind) {
      case ANSWERED -> "answered";
      case FAILED -> error.orElseThrow().failure().code();
      case CANCELLED -> "cancelled";
      case LOST -> "lost";
    };
  }
}
