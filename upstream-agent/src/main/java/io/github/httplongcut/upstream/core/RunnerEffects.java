package io.github.httplongcut.upstream.core;

import io.github.httplongcut.protocol.Event;
import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import java.util.ArrayList;
import java.util.List;

/** Collects the effects of one call to the runner. */
final class RunnerEffects {

  private final List<RunnerEffect> effects = new ArrayList<>();

  /** Removes and returns the effects collected so far. */
  List<RunnerEffect> take() {
    List<RunnerEffect> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }

  void settle(RequestReceipt receipt) {
    effects.add(new RunnerEffect.Settle(receipt));
  }

  void done(RequestReceipt receipt) {
    effects.add(new RunnerEffect.Done(receipt));
  }

  void reject(RequestReceipt receipt) {
    effects.add(new RunnerEffect.Reject(receipt));
  }

  void discard(RequestReceipt receipt) {
    effects.add(new RunnerEffect.Discard(receipt));
  }

  void acknowledge(TakenRequest request, long expirationMillis) {
    effects.add(new RunnerEffect.Acknowledge(request, expirationMillis));
  }

  void call(TakenRequest request, String url) {
    effects.add(new RunnerEffect.Call(request, url));
  }

  void abort(TakenRequest request) {
    effects.add(new RunnerEffect.Abort(request));
  }

  void answer(TakenRequest request, Event answer, AnswerTries tries, long expirationMillis) {
    effects.add(new RunnerEffect.Answer(request, answer, tries, expirationMillis));
  }

  void heartbeat(UpstreamHeartbeat heartbeat, long giveUpAt) {
    effects.add(new RunnerEffect.Heartbeat(heartbeat, giveUpAt));
  }
}
