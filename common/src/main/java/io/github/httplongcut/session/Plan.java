package io.github.httplongcut.session;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.protocol.Topology;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The queues and exchanges that a process uses (protocol section 3).
 *
 * @param queues queues that the process consumes
 * @param publishesTo events that the process publishes
 */
public record Plan(List<ConsumedQueue> queues, List<EventType> publishesTo) {

  private static final int CLIENT_INBOX_PREFETCH = 500;
  private static final int BROKER_INBOX_PREFETCH = 500;

  /**
   * Prefetch for heartbeats. They are acked on arrival, so that the queue does not fill up and drop
   * those of other users.
   */
  private static final int HEARTBEATS_PREFETCH = 2_000;

  /** Prefetch of a broker for {@link Topology#ORPHAN}. */
  public static final int ORPHAN_PREFETCH = 20;

  /**
   * Prefetch of an upstream agent above its capacity. A full agent still receives hellos and
   * cancels, and rejects further requests at once.
   */
  private static final int UPSTREAM_INBOX_SPARE = 50;

  /**
   * A binding of a process's own queue.
   *
   * @param arguments the arguments for a headers exchange; else empty
   */
  public record Binding(String exchange, String routingKey, Map<String, Object> arguments) {

    Binding(String exchange, String routingKey) {
      this(exchange, routingKey, Map.of());
    }

    Binding(EventType event, String routingKey) {
      this(event.wireName(), routingKey);
    }
  }

  /**
   * A queue that a process consumes.
   *
   * @param prefetch most messages of the queue that the process may hold unacked
   * @param bindings bindings of the process's own queue; empty for a shared queue
   */
  public record ConsumedQueue(String name, int prefetch, List<Binding> bindings) {

    /** Returns whether this is the process's own queue, which the process declares and binds. */
    public boolean isOwn() {
      return !bindings.isEmpty();
    }
  }

  /**
   * Returns the plan of a client agent. All its inboxes are bound with the same id, so that answers
   * under way reach the new one. The copies in an old inbox do no harm, since it dead-letters
   * nothing.
   *
   * @param generation number of the inbox, 0 for the first
   */
  public static Plan clientAgent(ProcessId clientId, int generation) {
    String key = clientId.toString();
    return new Plan(
        List.of(
            new ConsumedQueue(
                Topology.CLIENT_AGENT_QUEUES + clientId + (generation == 0 ? "" : "." + generation),
                CLIENT_INBOX_PREFETCH,
                List.of(
                    new Binding(EventType.CLIENT_REQUEST_ACK, key),
                    new Binding(EventType.BROKER_RESPONSE, key),
                    new Binding(EventType.BROKER_ERROR, key),
                    new Binding(Topology.CLIENT_REQUEST_UNDELIVERED, "*." + key)))),
        List.of(EventType.CLIENT_REQUEST, EventType.CLIENT_CANCEL));
  }

  /**
   * Returns the plan of a broker.
   *
   * @param prefetch prefetch for {@code client_request} in the plan; the session ignores it, and
   *     takes the prefetch from {@link Session#consume}
   */
  public static Plan broker(ProcessId brokerId, int prefetch) {
    String key = brokerId.toString();
    return new Plan(
        List.of(
            new ConsumedQueue(
                Topology.BROKER_QUEUES + brokerId,
                BROKER_INBOX_PREFETCH,
                List.of(
                    new Binding(EventType.BROKER_REQUEST_ACK, key),
                    new Binding(EventType.UPSTREAM_RESPONSE, key),
                    new Binding(EventType.UPSTREAM_ERROR, key),
                    new Binding(EventType.CLIENT_CANCEL, key),
                    new Binding(
                        Topology.BROKER_REQUEST_UNDELIVERED,
                        "",
                        Map.of("x-match", "all", Topology.BROKER_ID_HEADER, key)))),
            new ConsumedQueue(
                Topology.HEARTBEAT_QUEUES + brokerId,
                HEARTBEATS_PREFETCH,
                List.of(new Binding(EventType.UPSTREAM_HEARTBEAT, "#"))),
            new ConsumedQueue(Topology.ORPHAN, ORPHAN_PREFETCH, List.of()),
            new ConsumedQueue(Topology.CLIENT_REQUEST_QUEUE, prefetch, List.of())),
        List.of(
            EventType.CLIENT_REQUEST_ACK,
            EventType.BROKER_REQUEST,
            EventType.BROKER_CANCEL,
            EventType.BROKER_RESPONSE,
            EventType.BROKER_ERROR,
            EventType.BROKER_HELLO));
  }

  /**
   * Returns the plan of an upstream agent.
   *
   * @param targets upstream targets that the agent serves
   * @param capacity most requests that run at the same time: the sum of the targets' capacities
   */
  public static Plan upstreamAgent(ProcessId upstreamId, Collection<String> targets, int capacity) {
    List<Binding> bindings = new ArrayList<>();
    bindings.add(new Binding(EventType.BROKER_HELLO, ""));
    for (String target : targets) {
      String key = Topology.targetKey(target, upstreamId);
      bindings.add(new Binding(EventType.BROKER_REQUEST, key));
      bindings.add(new Binding(EventType.BROKER_CANCEL, key));
    }
    return new Plan(
        List.of(
            new ConsumedQueue(
                Topology.UPSTREAM_AGENT_QUEUES + upstreamId,
                capacity + UPSTREAM_INBOX_SPARE,
                bindings)),
        List.of(
            EventType.BROKER_REQUEST_ACK,
            EventType.UPSTREAM_RESPONSE,
            EventType.UPSTREAM_ERROR,
            EventType.UPSTREAM_HEARTBEAT));
  }

  /** Returns the exchanges that must exist. */
  public List<String> exchanges() {
    Stream<String> bound =
        queues.stream().flatMap(queue -> queue.bindings().stream()).map(Binding::exchange);
    return Stream.concat(bound, publishesTo.stream().map(EventType::wireName)).distinct().toList();
  }

  /** Returns the process's own queues, which the process declares and binds. */
  public List<ConsumedQueue> ownQueues() {
    return queues.stream().filter(ConsumedQueue::isOwn).toList();
  }

  /** Returns the shared queues, which must exist. */
  public List<String> sharedQueues() {
    return queues.stream().filter(queue -> !queue.isOwn()).map(ConsumedQueue::name).toList();
  }
}
