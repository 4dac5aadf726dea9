package io.github.httplongcut.admin;

import java.util.List;

/**
 * Events of one open stream. Called on the one thread of all streams, so it must not block and need
 * not be thread-safe.
 */
@FunctionalInterface
public interface EventSource {

  /**
   * Returns the events since the last call, oldest first; may be empty. Called at once for a new
   * stream, then once a second. Not called while the peer has not read the events of the last call,
   * so the source bounds what one call returns. An exception is logged as a bug and ends the
   * stream.
   */
  List<ServerSentEvent> poll();
}
