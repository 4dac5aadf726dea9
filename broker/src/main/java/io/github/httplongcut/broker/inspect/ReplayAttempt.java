package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.Event.ClientRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * One attempt to start a replay on the loop. Either the loop or the caller that stops waiting
 * claims the attempt, so nothing is sent after the caller was told that nothing was.
 */
final class ReplayAttempt {

  private final ClientRequest request;
  private final Function<ClientRequest, ReplayStart> start;
  private final AtomicBoolean claimed = new AtomicBoolean();

  /** Until the loop says otherwise, a claimed attempt counts as started. */
  private final AtomicReference<ReplayStart> outcome = new AtomicReference<>(ReplayStart.STARTED);

  /**
   * @param start starts the replay; called on the loop
   */
  ReplayAttempt(ClientRequest request, Function<ClientRequest, ReplayStart> start) {
    this.request = request;
    this.start = start;
  }

  ClientRequest request() {
    return request;
  }

  /** Starts the replay. Returns {@code LOOP_BUSY} if the loop does not come to it in time. */
  ReplayStart run(Loop loop, Duration atMost) throws InterruptedException {
    boolean ended = false;
    try {
      ended = loop.executeAndWait(this::onLoop, atMost);
    } finally {
      if (!ended && claimed.compareAndSet(false, true)) {
        outcome.set(ReplayStart.LOOP_BUSY);
      }
    }
    return outcome.get();
  }

  private void onLoop() {
    if (claimed.compareAndSet(false, true)) {
      outcome.set(start.apply(request));
    }
  }
}
