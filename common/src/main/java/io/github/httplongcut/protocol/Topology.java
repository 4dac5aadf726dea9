package io.github.httplongcut.protocol;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names of exchanges, queues, routing keys and AMQP headers (protocol section 3). Everything but
 * the processes' own queues and their bindings comes from {@code rabbitmq/definitions.json}. An
 * event's exchange has the event's name.
 */
public final class Topology {

  /** Queue of client requests, which all brokers consume. */
  public static final String CLIENT_REQUEST_QUEUE = "client_request";

  /** Exchange and queue of messages for brokers that are gone. */
  public static final String ORPHAN = "orphan";

  /** Tenant of messages that do not go to a tenant's inbox; no user has this name. */
  public static final String NO_TENANT = "";

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
  public static final String CLIENT_AGENT_QUEUES = "client-agent.";

  /** Prefix of the names of brokers' inboxes. */
  public static final String BROKER_QUEUES = "broker.";

  /** Prefix of the names of brokers' queues for heartbeats. */
  public static final String HEARTBEAT_QUEUES = "heartbeats.";

  /** Part of the names of brokers' queues for {@code broker_status}, after the broker's id. */
  private static final String STATUS_MARK = ".status.";

  /** Prefix of the names of upstream agents' inboxes. */
  public static final String UPSTREAM_AGENT_QUEUES = "upstream-agent.";

  /**
   * AMQP header with the id of the sending broker, which receives the message if it is
   * dead-lettered.
   */
  public static final String BROKER_ID_HEADER = "broker_id";

  /** AMQP header of a {@code broker_error} that results from an orphan. */
  public static final String ORPHANED_HEADER = "orphaned";

  private Topology() {}

  /**
   * Returns whether a message to this exchange may reach a shared queue, by its binding or by an
   * alternate exchange. In a cluster the shared queues are quorum queues.
   */
  public static boolean mayReachSharedQueue(String exchange) {
    return exchange.equals(CLIENT_REQUEST_QUEUE)
        || exchange.equals(EventType.UPSTREAM_RESPONSE.wireName())
        || exchange.equals(EventType.UPSTREAM_ERROR.wireName());
  }

  /**
   * Returns the tenant, a RabbitMQ user, that the routing key names; {@link #NO_TENANT} if messages
   * to this exchange do not go to one tenant's inbox.
   */
  public static String tenantOf(String exchange, String routingKey) {
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
   * Returns the name of a broker's queue for {@code broker_status}. It has the prefix of the queues
   * for heartbeats, so that their policy and permissions apply to it.
   *
   * @param number number of the queue, a new one for each channel
   */
  public static String statusQueue(ProcessId brokerId, int number) {
    return HEARTBEAT_QUEUES + brokerId + STATUS_MARK + number;
  }

  /** Returns whether this is the name of a {@linkplain #statusQueue queue for broker_status}. */
  public static boolean isStatusQueue(String queue) {
    return queue.startsWith(HEARTBEAT_QUEUES) && queue.contains(STATUS_MARK);
  }

  /**
   * Returns the routing key {@code <upstream_target>.<process id>} of client requests, dispatches
   * and heartbeats.
   */
  public static String targetKey(String upstreamTarget, ProcessId id) {
    return upstreamTarget + '.' + id;
  }
}
