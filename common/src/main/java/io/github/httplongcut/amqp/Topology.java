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
 * What RabbitMQ holds, by name (protocol section 3). All of it but the inboxes and their bindings
 * comes from {@code rabbitmq/definitions.json}; an event's exchange has the event's name.
 */
public final class Topology {

  /** The queue that client agents publish to and all brokers consume. */
  public static final String CLIENT_REQUEST_QUEUE = "client_request";

  /** The exchange and the queue of what was for a broker that is gone. */
  public static final String ORPHAN = "orphan";

  /** No user's name: the owner of all queues that are no tenant's inbox. */
  static final String NOBODY = "";

  /** The exchanges by which brokers reach the inboxes of tenants, one inbox with each message. */
  private static final Set<String> TO_TENANTS =
      Stream.of(
              EventType.CLIENT_REQUEST_ACK,
              EventType.BROKER_RESPONSE,
              EventType.BROKER_ERROR,
              EventType.BROKER_REQUEST,
              EventType.BROKER_CANCEL)
          .map(EventType::wireName)
          .collect(Collectors.toUnmodifiableSet());

  /** Where {@code client_request} dead-letters to. */
  public static final String CLIENT_REQUEST_UNDELIVERED = "client_request_undelivered";

  /** Where an upstream agent's inbox dead-letters to. */
  public static final String BROKER_REQUEST_UNDELIVERED = "broker_request_undelivered";

  /** Prefix of the names of client agents' inboxes. */
  static final String CLIENT_AGENT_QUEUES = "client-agent.";

  /** Prefix of the names of brokers' inboxes. */
  static final String BROKER_QUEUES = "broker.";

  /** AMQP header of a {@code broker_request}: who is told when it comes back. */
  public static final String BROKER_ID_HEADER = "broker_id";

  /** AMQP header of a {@code broker_error} that was made of, or came from, an orphan. */
  public static final String ORPHANED_HEADER = "orphaned";

  private static final int CLIENT_INBOX_PREFETCH = 500;
  private static final int BROKER_INBOX_PREFETCH = 500;

  /** They are acked as they come, so that no flood fills the queue and pushes others' out. */
  private static final int HEARTBEATS_PREFETCH = 2_000;

  /** A broker's prefetch for {@link #ORPHAN}. */
  public static final int ORPHAN_PREFETCH = 20;

  /** So that a full agent still hears a hello or a cancel, and rejects what is too much at once. */
  private static final int UPSTREAM_INBOX_SPARE = 50;

  private Topology() {}

  /**
   * A binding of an inbox.
   *
   * @param arguments for a headers exchange, else empty
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
   * @param prefetch how many of its messages the process holds unacked at the most
   * @param bindings of the process's own queue, which it declares; empty for a shared one
   */
  public record ConsumedQueue(String name, int prefetch, List<Binding> bindings) {

    /** Whether it is this process's alone, which then declares and binds it. */
    public boolean isOwn() {
      return !bindings.isEmpty();
    }
  }

  /**
   * What a process uses of RabbitMQ.
   *
   * @param queues which it consumes
   * @param publishesTo the events that it publishes
   */
  public record Plan(List<ConsumedQueue> queues, List<EventType> publishesTo) {

    /** Every exchange that must be there. */
    public List<String> exchanges() {
      Stream<String> bound =
          queues.stream().flatMap(queue -> queue.bindings().stream()).map(Binding::exchange);
      return Stream.concat(bound, publishesTo.stream().map(EventType::wireName))
          .distinct()
          .toList();
    }

    /** Every queue that must be there. */
    public List<String> sharedQueues() {
      return queues.stream().filter(queue -> !queue.isOwn()).map(ConsumedQueue::name).toList();
    }
  }

  /**
   * What a client agent uses. Its id stays the same over all its inboxes, so that answers under way
   * find the new one: what a queue left behind gets too does no harm, nothing of it comes back.
   *
   * @param generation of the inbox
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
   * What a broker uses.
   *
   * @param prefetch for {@code client_request}; an {@link ConsumingChannel} consumes shared queues
   *     with what {@link Session#consume} says instead
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
   * What an upstream agent uses.
   *
   * @param targets the upstream targets that it claims
   * @param capacity how many requests it runs at the same time: the sum of the targets' capacities
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
   * Returns whether what is published to that exchange may get into a queue of the definitions,
   * which in a cluster is a quorum queue: by its binding, or by an alternate exchange.
   */
  static boolean mayReachSharedQueue(String exchange) {
    return exchange.equals(CLIENT_REQUEST_QUEUE)
        || exchange.equals(EventType.UPSTREAM_RESPONSE.wireName())
        || exchange.equals(EventType.UPSTREAM_ERROR.wireName());
  }

  /**
   * Returns the RabbitMQ user whose inbox such a message goes to, as its routing key says; {@link
   * #NOBODY} if it does not go to a tenant's inbox, or to many.
   */
  static String ownerOf(String exchange, String routingKey) {
    if (!TO_TENANTS.contains(exchange)) {
      return NOBODY;
    }
    String id = ProcessId.isId(routingKey) ? routingKey : afterTarget(routingKey);
    return id.substring(0, Math.max(0, id.indexOf('.')));
  }

  private static String afterTarget(String targetKey) {
    return targetKey.substring(targetKey.indexOf('.') + 1);
  }

  /** {@code <upstream_target>.<process id>}: of client requests, dispatches and heartbeats. */
  public static String targetKey(String upstreamTarget, ProcessId id) {
    return upstreamTarget + '.' + id;
  }
}
