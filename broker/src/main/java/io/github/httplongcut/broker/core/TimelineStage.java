package io.github.httplongcut.broker.core;

import java.util.Locale;

/** Stage of a request as operators see it. */
public enum TimelineStage {
  RECEIVED,
  /** In the waiting room. */
  WAITING,
  /** Waits until RabbitMQ cannot deliver the request again. */
  SETTLING,
  /** Published to an agent, which has not acked it. */
  DISPATCHED,
  /** Acked by the agent. */
  RUNNING,
  OVER;

  /** Returns the name on the admin pages. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
