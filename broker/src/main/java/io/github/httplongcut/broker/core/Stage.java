package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.EventError;
import java.util.Optional;
import java.util.UUID;

/**
 * Where a request stands (docs/protocol.md section 4). Each type has only the steps that are legal
 * from it. Points in time are of the fair clock.
 */
sealed interface Stage {

  /** The agent whose slot it uses. */
  default Optional<Agent> agent() {
    return Optional.empty();
  }

  /** How it is called in the log. */
  default String label() {
    return getClass().getSimpleName();
  }

  /** Not with an agent, and certainly not running. */
  sealed interface Undispatched extends Stage permits Unassigned, Waiting, Reserved {

    default Waiting await(long since) {
      return new Waiting(since);
    }

    default Reserved reserve(Agent agent) {
      return new Reserved(agent);
    }

    default Dispatched dispatchTo(Agent agent, UUID brokerReqId) {
      return new Dispatched(brokerReqId, agent, Optional.empty());
    }

    default Refused refuse(EventError error) {
      return new Refused(error);
    }
  }

  /** Just received, or just come back. */
  record Unassigned() implements Undispatched {}

  /** In the waiting room. */
  record Waiting(long since) implements Undispatched {}

  /** Being settled, to be dispatched to this agent. */
  record Reserved(Agent reserved) implements Undispatched {
    @Override
    public Optional<Agent> agent() {
      return Optional.of(reserved);
    }

    Unassigned giveUp() {
      return new Unassigned();
    }
  }

  /** Being settled, to be answered. */
  record Refused(EventError error) implements Stage {}

  /** With an agent, for all that is known. */
  sealed interface AtAgent extends Stage permits Dispatched, Running {
    UUID brokerReqId();

    Agent with();

    @Override
    default Optional<Agent> agent() {
      return Optional.of(with());
    }

    default Unassigned comeBack() {
      return new Unassigned();
    }
  }

  /**
   * Published to the agent.
   *
   * @param checkAt when an ack or a dead letter must have come; empty until RabbitMQ has it
   */
  record Dispatched(UUID brokerReqId, Agent with, Optional<Long> checkAt) implements AtAgent {

    Dispatched checkedAt(long checkAt) {
      return new Dispatched(brokerReqId, with, Optional.of(checkAt));
    }

    Running run(long replyBy) {
      return new Running(brokerReqId, with, replyBy);
    }
  }

  /** Acked by the agent. */
  record Running(UUID brokerReqId, Agent with, long replyBy) implements AtAgent {}

  /** Answered, or nobody's any more: the router has forgotten it. */
  record Over() implements Stage {}
}
