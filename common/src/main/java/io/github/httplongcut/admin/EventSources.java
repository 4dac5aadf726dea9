package io.github.httplongcut.admin;

/** Opens an {@link EventSource} for each stream. */
@FunctionalInterface
public interface EventSources {

  /**
   * Returns the source of a new stream. Called on a worker thread of the admin server. Must be
   * thread-safe.
   */
  EventSource open(PageQuery query);
}
