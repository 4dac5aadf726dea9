package io.github.httplongcut.broker.core;

import io.github.httplongcut.loop.FairClock;
import io.github.httplongcut.protocol.EventError;
import java.util.Optional;
import java.util.UUID;

/**
 * State of a request in the broker (docs/protocol.md section 4). Each type has only the transitions
 * that are legal from it. Points in time are those of the {@link FairClock}.
 */
sealed interface Stage {

  /** Returns the agent at which the request occupies a slot. */
  default Optional<Agent> agent() {
    return Optional.empty();
  }

  /** Returns the stage as operators see it. */
  TimelineStage timelineStage();

  /** Returns the name of the stage in the log. */
  default String label() {
    return getClass().getSimpleName();
  }

  /** Not dispatched to an agent, and certainly not running. */
  sealed interface Undispatched extends Stage permits Unassigned, Waiting, Reserved {

    default Waiting waitSince(long since) {
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

  /** Just received, or just back from an agent. */
  record Unassigned() implements Undispatched {
    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.RECEIVED;
    }
  }

  /** In the waiting room. */
  record Waiting(long since) implements Undispatched {
    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.WAITING;
    }
  }

  /** Being settled, and dispatched to this agent afterwards. */
  record Reserved(Agent reservedAgent) implements Undispatched {
    @Override
    public Optional<Agent> agent() {
      return Optional.of(reservedAgent);
    }

    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.SETTLING;
    }

    Unassigned unassign() {
      return new Unassigned();
    }
  }

  /** Being settled, and answered with this error afterwards. */
  record Refused(EventError error) implements Stage {
    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.SETTLING;
    }
  }

  /** Dispatched to an agent, and running there as far as the broker knows. */
  sealed interface AtAgent extends Stage permits Dispatched, Running {
    UUID brokerReqId();

    Agent assignedAgent();

    @Override
    default Optional<Agent> agent() {
      return Optional.of(assignedAgent());
    }

    default Unassigned unassign() {
      return new Unassigned();
    }
  }

  /**
   * Published to the agent.
   *
   * @param checkAt the time by which an ack or a dead letter must have come; empty until the
   *     publication has an outcome
   */
  record Dispatched(UUID brokerReqId, Agent assignedAgent, Optional<Long> checkAt)
      implements AtAgent {

    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.DISPATCHED;
    }

    Dispatched checkedAt(long checkAt) {
      return new Dispatched(brokerReqId, assignedAgent, Optional.of(checkAt));
    }

    Running run(long replyBy) {
      return new Running(brokerReqId, assignedAgent, replyBy);
    }
  }

  /**
   * Acked by the agent.
   *
   * @param replyBy the end of the reply timeout
   */
  record Running(UUID brokerReqId, Agent assignedAgent, long replyBy) implements AtAgent {
    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.RUNNING;
    }
  }

  /** Answered, cancelled or lost: the router has forgotten the request. */
  record Over() implements Stage {
    @Override
    public TimelineStage timelineStage() {
      return TimelineStage.OVER;
    }
  }
}
