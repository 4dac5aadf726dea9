package io.github.httplongcut.client;

import io.github.httplongcut.client.core.AckTimes;
import io.github.httplongcut.client.core.Caller;
import io.github.httplongcut.protocol.EventError;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Response;
import java.util.Optional;
import java.util.UUID;

/**
 * Sender of an HTTP request, who waits for its answer. {@link ClientLoop} calls {@link #answer} or
 * {@link #fail} once. All methods are called on the loop and must not block.
 */
interface WaitingCaller extends Caller {

  /** Returns the caller of an effect: every caller is submitted as a waiting caller. */
  static WaitingCaller of(Caller caller) {
    return (WaitingCaller) caller;
  }

  /**
   * The request is published with this id. Called for each publication; the first has the request's
   * first id.
   */
  void publishedAs(UUID clientReqId);

  /**
   * A broker has acked the request. May be called more than once, or never.
   *
   * @param brokerId the broker that acked; empty if the answer came earlier
   */
  void acked(AckTimes times, Optional<ProcessId> brokerId);

  /** The answer of the upstream server has arrived. */
  void answer(Response response);

  /** A broker has refused the request as {@code upstream_busy}. {@link #fail} follows. */
  void onUpstreamBusy();

  /** The request has failed: no answer comes. The error is never {@code not_run}. */
  void fail(EventError error);
}
