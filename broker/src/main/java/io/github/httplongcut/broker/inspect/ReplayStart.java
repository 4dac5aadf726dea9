package io.github.httplongcut.broker.inspect;

/** Outcomes of an attempt to start a replay. */
public enum ReplayStart {
  /** The router has the request. */
  STARTED,
  /** The broker is stopping. */
  DRAINING,
  /** {@link ReplayDesk#MAX_IN_FLIGHT} replays are in flight. */
  FULL,
  /** The loop did not come to it in time. Nothing was sent. */
  LOOP_BUSY
}
