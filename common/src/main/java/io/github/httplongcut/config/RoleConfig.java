package io.github.httplongcut.config;

import java.time.Duration;

/** What a process's life needs to know of its role's settings. */
public interface RoleConfig {

  /** How long the process may take to finish what is in flight once it is told to stop. */
  Duration drainTimeout();
}
