package io.github.httplongcut.broker.core;

import java.util.Locale;

/** Part of a request's time in the broker. */
public enum RequestPhase {
  /** Received or waiting: no agent has the request, and its delivery is not being settled. */
  WAIT,
  /** Being settled, before a dispatch or an answer. */
  SETTLE,
  /** From a dispatch to the agent's ack, or to the end of the attempt without one. */
  DISPATCH,
  /** From the agent's ack to the answer, or to the end of the attempt without one. */
  RUN;

  /** Returns the name in the metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the phase of a stage other than {@link TimelineStage#OVER}. */
  static RequestPhase of(TimelineStage stage) {
    return switch (stage) {
      case RECEIVED, WAITING -> WAIT;
      case SETTLING -> SETTLE;
      case DISPATCHED -> DISPATCH;
      case RUNNING -> RUN;
      case OVER -> throw new IllegalArgumentException("an ended request is in no phase");
    };
  }
}
