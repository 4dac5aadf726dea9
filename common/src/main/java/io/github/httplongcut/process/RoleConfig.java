package io.github.httplongcut.process;

import java.time.Duration;

/** Settings that every role has and that {@link ProcessLife} reads. */
public interface RoleConfig {

  /** Returns the time for finishing in-flight requests after a stop signal. */
  Duration drainTimeout();
}
