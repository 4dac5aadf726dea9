package io.github.httplongcut.client;

import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Response;

/**
 * Who sent an HTTP request and waits for its answer: {@link #answer} or {@link #fail}, once. All on
 * the loop; must not block.
 */
interface Caller {

  /**
   * A broker has it; may come more than once, and not at all.
   *
   * @param delayNanos since it was published, until the ack or an answer that came before it
   */
  void acked(long delayNanos);

  /** The upstream server answered. */
  void answer(Response response);

  /** A broker had no room for it, before {@link #fail} says so. */
  void foundNoRoom();

  /** There is no answer, and why; never {@code not_run}. */
  void fail(EventError error);
}
