package io.github.httplongcut.amqp;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names of exchanges, queues and routing keys, and the parts of them that each role uses (protocol
 * section 3). Everything but the processes' own queues and their bindings comes from {@code
 * rabbitmq/definitions.json}. An event's exchange has the event's name.
 */
public final class Topology {

  /** Queue of client requests, which all brokers consume. */
  public static final String CLIENT_REQUEST_QUEUE = "client_request";

  /** Exchange and queue of messages for brokers that are gone. */
  public static final String ORPHAN = "orphan";

  /** Tenant of messages that do not go to a tenant's inbox; no user has this name. */
  static final String NO_TENANT = "";

  /** Exchanges of messages from a broker to one tenant's inbox. */
  private static final Set<String> EXCHANGES_TO_TENANTS =
      Stream.of(
              EventType.CLIENT_REQUEST_ACK,
              EventType.BROKER_RESPONSE,
              EventType.BROKER_ERROR,
              EventType.BROKER_REQUEST,
              EventType.BROKER_CANCEL)
          .map(EventType::wireName)
          .collect(Collectors.toUnmodifiableSet());

  /** Exchange for dead letters of the queue {@code client_request}. */
  public static final String CLIENT_REQUEST_UNDELIVERED = "client_request_undelivered";

  /** Exchange for dead letters of upstream agents' inboxes. */
  public static final String BROKER_REQUEST_UNDELIVERED = "broker_request_undelivered";

  /** Prefix of the names of client agents' inboxes. */
  static final String CLIENT_AGENT_QUEUES = "client-agent.";

  /** Prefix of the names of brokers' inboxes. */
  static final String BROKER_QUEUES = "broker.";

  /**
   * AMQP header with the id of the sending broker, which receives the message if it is
   * dead-lettered.
   */
  public static final String BROKER_ID_HEADER = "broker_id";

  /** AMQP header of a {@code broker_error} that results from an orphan. */
  public static final String ORPHANED_HEADER = "orphaned";

  private static final int CLIENT_INBOX_PREFETCH = 500;
  private static final int BROKER_INBOX_PREFETCH = 500;

  /**
   * Prefetch for heartbeats. They are acked on arrival, so that the queue does not fill up and drop
   * those of other users.
   */
  private static final int HEARTBEATS_PREFETCH = 2_000;

  /** Prefetch of a broker for {@link #ORPHAN}. */
  public static final int ORPHAN_PREFETCH = 20;

  /**
   * Prefetch of an upstream agent above its capacity. A full agent still receives hellos and
   * cancels, and rejects further requests at once.
   */
  private static final int UPSTREAM_INBOX_SPARE = 50;

  private Topology() {}

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
   * The queues and exchanges that a process uses.
   *
   * @param queues queues that the process consumes
   * @param publishesTo events that the process publishes
   */
  public record Plan(List<ConsumedQueue> queues, List<EventType> publishesTo) {

    /** Returns the exchanges that must exist. */
    public List<String> exchanges() {
      Stream<String> bound =
          queues.stream().flatMap(queue -> queue.bindings().stream()).map(Binding::exchange);
      return Stream.concat(bound, publishesTo.stream().map(EventType::wireName))
          .distinct()
          .toList();
    }

    /** Returns the shared queues, which must exist. */
    public List<String> sharedQueues() {
      return queues.stream().filter(queue -> !queue.isOwn()).map(ConsumedQueue::name).toList();
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
                CLIENT_AGENT_QUEUES + clientId + (generation == 0 ? "" : "." + generation),
                CLIENT_INBOX_PREFETCH,
                List.of(
                    new Binding(EventType.CLIENT_REQUEST_ACK, key),
                    new Binding(EventType.BROKER_RESPONSE, key),
                    new Binding(EventType.BROKER_ERROR, key),
                    new Binding(CLIENT_REQUEST_UNDELIVERED, "*." + key)))),
        List.of(EventType.CLIENT_REQUEST, EventType.CLIENT_CANCEL));
  }

  /**
   * Returns the plan of a broker.
   *
   * @param prefetch prefetch for {@code client_request} in the plan; a {@link ConsumingChannel}
   *     ignores it, and takes the prefetch from {@link Session#consume}
   */
  public static Plan broker(ProcessId brokerId, int prefetch) {
    String key = brokerId.toString();
    return new Plan(
        List.of(
            new ConsumedQueue(
                BROKER_QUEUES + brokerId,
                BROKER_INBOX_PREFETCH,
                List.of(
                    new Binding(EventType.BROKER_REQUEST_ACK, key),
                    new Binding(EventType.UPSTREAM_RESPONSE, key),
                    new Binding(EventType.UPSTREAM_ERROR, key),
                    new Binding(EventType.CLIENT_CANCEL, key),
                    new Binding(
                        BROKER_REQUEST_UNDELIVERED,
                        "",
                        Map.of("x-match", "all", BROKER_ID_HEADER, key)))),
            new ConsumedQueue(
                "heartbeats." + brokerId,
                HEARTBEATS_PREFETCH,
                List.of(new Binding(EventType.UPSTREAM_HEARTBEAT, "#"))),
            new ConsumedQueue(ORPHAN, ORPHAN_PREFETCH, List.of()),
            new ConsumedQueue(CLIENT_REQUEST_QUEUE, prefetch, List.of())),
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
      String key = targetKey(target, upstreamId);
      bindings.add(new Binding(EventType.BROKER_REQUEST, key));
      bindings.add(new Binding(EventType.BROKER_CANCEL, key));
    }
    return new Plan(
        List.of(
            new ConsumedQueue(
                "upstream-agent." + upstreamId, capacity + UPSTREAM_INBOX_SPARE, bindings)),
        List.of(
            EventType.BROKER_REQUEST_ACK,
            EventType.UPSTREAM_RESPONSE,
            EventType.UPSTREAM_ERROR,
            EventType.UPSTREAM_HEARTBEAT));
  }

  /**
   * Returns whether a message to this exchange may reach a shared queue, by its binding or by an
   * alternate exchange. In a cluster the shared queues are quorum queues.
   */
  static boolean mayReachSharedQueue(String exchange) {
    return exchange.equals(CLIENT_REQUEST_QUEUE)
        || exchange.equals(EventType.UPSTREAM_RESPONSE.wireName())
        || exchange.equals(EventType.UPSTREAM_ERROR.wireName());
  }

  /**
   * Returns the tenant, a RabbitMQ user, that the routing key names; {@link #NO_TENANT} if messages
   * to this exchange do not go to one tenant's inbox.
   */
  static String tenantOf(String exchange, String routingKey) {
    if (!EXCHANGES_TO_TENANTS.contains(exchange)) {
      return NO_TENANT;
    }
    String id = ProcessId.isId(routingKey) ? routingKey : processIdOf(routingKey);
    return id.substring(0, Math.max(0, id.indexOf('.')));
  }

  private static String processIdOf(String targetKey) {
    return targetKey.substring(targetKey.indexOf('.') + 1);
  }

  /**
   * Returns the routing key {@code <upstream_target>.<process id>} of client requests, dispatches
   * and heartbeats.
   */
  public static String targetKey(String upstreamTarget, ProcessId id) {
    return upstreamTarget + '.' + id;
  }
}
