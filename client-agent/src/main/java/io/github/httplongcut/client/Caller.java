package io.github.httplongcut.client;

import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.Response;

/**
 * Who sent an HTTP request and waits for its answer. One of the two methods is called, once, on the
 * loop; it must not block.
 */
interface Caller {

  /** The upstream server answered. */
  void answer(Response response);

  /** There is no answer, and why; never {@code not_run}. */
  void fail(EventError error);
}
