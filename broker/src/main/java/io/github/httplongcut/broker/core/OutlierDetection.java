package io.github.httplongcut.broker.core;

/** Treatment of agents whose upstream server answers mostly with server errors. */
public enum OutlierDetection {
  /** A status of 5xx counts like any other. */
  OFF,
  /** An agent with more 5xx than other answers is chosen only if no other has a free slot. */
  ON
}
