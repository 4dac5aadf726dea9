package io.github.httplongcut.broker.core;

import java.util.Locale;

/** Reasons why a dispatch did not lead to an answer (docs/protocol.md section 4, the reactions). */
public enum DispatchFailure {
  RETURNED("returned"),
  INBOX_BUSY("its inbox is busy"),
  REJECTED("rejected"),
  DEAD_LETTERED("dead letter"),
  NOT_RUN("not run"),
  UNREACHABLE("unreachable"),
  NOT_WRITTEN("not written"),
  NACKED("RabbitMQ nacked it"),
  NO_ACK("neither ack nor dead letter came"),
  AGENT_LOST("missed its heartbeats");

  private final String why;

  DispatchFailure(String why) {
    this.why = why;
  }

  /** Returns the reason in words, for the log and the timeline. */
  String why() {
    return why;
  }

  /** Returns the name in the metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
