package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Event.UpstreamHeartbeat;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.Batching;
import io.github.httplongcut.session.Publication.Tries;
import io.github.httplongcut.upstream.core.AnswerTries;
import io.github.httplongcut.upstream.core.RunnerEffect;
import io.github.httplongcut.upstream.core.TakenRequest;

/**
 * Turns the runner's effects into publications: sets the routing key, expiration, tries and
 * batching (docs/protocol.md sections 3, 4 and 7).
 */
final class RunnerMessages {

  private RunnerMessages() {}

  static Publication acknowledge(RunnerEffect.Acknowledge acknowledge) {
    TakenRequest of = acknowledge.request();
    return Publication.of(of.ack(), of.brokerId().toString(), of.endsAt())
        .batched(of.isRepeatable() ? Batching.UNHURRIED : Batching.ANY)
        .expiringAfter(acknowledge.expirationMillis());
  }

  static Publication answer(RunnerEffect.Answer answer) {
    TakenRequest of = answer.request();
    Publication publication =
        Publication.of(answer.answer(), of.brokerId().toString(), of.endsAt())
            .expiringAfter(answer.expirationMillis());
    return answer.tries() == AnswerTries.ONCE ? publication.tried(Tries.ONCE) : publication;
  }

  static Publication heartbeat(RunnerEffect.Heartbeat heartbeat) {
    UpstreamHeartbeat event = heartbeat.heartbeat();
    return Publication.of(
        event,
        Topology.targetKey(event.upstreamTarget(), event.upstreamId()),
        heartbeat.giveUpAt());
  }
}
