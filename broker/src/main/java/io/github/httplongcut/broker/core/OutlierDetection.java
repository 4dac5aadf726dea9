package io.github.httplongcut.broker.core;

/** Treatment of agents whose answers are mostly server errors. */
public enum OutlierDetection {
  /** A status of 5xx is an answer like any other. */
  OFF,
  /** An agent with more 5xx than other answers is chosen only if no other has a free slot. */
  ON
}
