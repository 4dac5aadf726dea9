package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.doctor.AmqpView.QueueCounts;
import io.github.httplongcut.protocol.Topology;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Inboxes as RabbitMQ shows them. */
final class InboxQueues {

  /** Prefixes of the queues that one process consumes. */
  private static final List<String> PREFIXES =
      List.of(
          Topology.CLIENT_AGENT_QUEUES,
          Topology.BROKER_QUEUES,
          Topology.HEARTBEAT_QUEUES,
          Topology.UPSTREAM_AGENT_QUEUES);

  /** Time between two looks at an inbox with messages. */
  private static final long BETWEEN_LOOKS_MS = 500;

  /** Number of inboxes that are looked at twice, and that of one user's agents. */
  private static final int LOOKED_AT = 50;

  private static final int LOOKED_AT_OF_ONE_USER = 10;

  /**
   * Faults of inboxes, by the ids of their processes.
   *
   * @param unread inboxes that their processes do not read
   * @param unbound inboxes that no message can reach
   * @param leftOut number of inboxes that may be unread, and that were not looked at
   */
  record Faults(Map<String, String> unread, Map<String, String> unbound, int leftOut) {}

  private final ManagementFacts management;
  private final AmqpView amqp;

  /**
   * @param management the list of queues, which is some seconds old
   * @param amqp the present counts of a queue
   */
  InboxQueues(ManagementFacts management, AmqpView amqp) {
    this.management = management;
    this.amqp = amqp;
  }

  /** Looks at all inboxes. */
  Faults faults() throws Exception {
    amqp.login();
    List<JsonNode> inboxes =
        management.queues().stream()
            .filter(queue -> PREFIXES.stream().anyMatch(name(queue)::startsWith))
            // Exclusive to the broker's connection: nobody else may look at it.
            .filter(queue -> !Topology.isStatusQueue(name(queue)))
            .toList();
    List<String> suspects = suspects(inboxes);
    List<String> chosen = chosen(suspects);
    Faults faults =
        new Faults(new LinkedHashMap<>(), new LinkedHashMap<>(), suspects.size() - chosen.size());
    Map<String, QueueCounts> before = counts(chosen);
    Set<String> waiting = new LinkedHashSet<>();
    before.forEach(
        (name, counts) -> {
          if (counts.consumers() == 0 && !hasSuccessor(name, inboxes, before)) {
            faults.unread.put(
                owner(name),
                "no process consumes " + name + ": it has ended in the last minute, or it hangs");
          } else if (counts.consumers() > 0 && counts.ready() > 0) {
            waiting.add(name);
          }
        });
    addStuck(waiting, before, faults.unread);
    addUnacked(inboxes, faults.unread);
    addUnbound(inboxes, faults.unbound);
    return faults;
  }

  private static void addUnacked(List<JsonNode> inboxes, Map<String, String> unread) {
    inboxes.stream()
        .filter(InboxQueues::isUnacked)
        .forEach(
            queue ->
                unread.putIfAbsent(
                    owner(name(queue)),
                    "it has not acked the messages of %s for seconds".formatted(name(queue))));
  }

  private void addStuck(
      Collection<String> waiting, Map<String, QueueCounts> before, Map<String, String> unread)
      throws Exception {
    if (waiting.isEmpty()) {
      return;
    }
    TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
    counts(waiting)
        .forEach(
            (name, after) -> {
              if (after.ready() >= before.get(name).ready()) {
                unread.putIfAbsent(
                    owner(name),
                    "%d messages wait in its inbox %s, and it takes none"
                        .formatted(after.ready(), name));
              }
            });
  }

  private void addUnbound(List<JsonNode> inboxes, Map<String, String> unbound) throws Exception {
    Map<String, Set<String>> sources = new HashMap<>();
    for (JsonNode binding : management.bindings()) {
      sources
          .computeIfAbsent(binding.path("destination").asText(), each -> new HashSet<>())
          .add(binding.path("source").asText());
    }
    for (JsonNode inbox : inboxes) {
      Set<String> missing = new TreeSet<>(expectedSources(name(inbox)));
      missing.removeAll(sources.getOrDefault(name(inbox), Set.of()));
      if (!missing.isEmpty() && inbox.path("consumers").asInt() > 0) {
        unbound.put(
            owner(name(inbox)),
            "%s is not bound to %s".formatted(name(inbox), String.join(", ", missing)));
      }
    }
  }

  /** Returns the exchanges to which a process binds its queue (docs/protocol.md section 3). */
  private static List<String> expectedSources(String queue) {
    return switch (queue.substring(0, queue.indexOf('.'))) {
      case "client-agent" ->
          List.of(
              "client_request_ack",
              "client_request_undelivered",
              "broker_response",
              "broker_error");
      case "broker" ->
          List.of(
              "broker_request_ack",
              "broker_request_undelivered",
              "upstream_response",
              "upstream_error",
              "client_cancel");
      case "heartbeats" -> List.of("upstream_heartbeat");
      case "upstream-agent" -> List.of("broker_request", "broker_cancel", "broker_hello");
      default -> List.of();
    };
  }

  /** Returns the inboxes that RabbitMQ's list, some seconds old, shows without a reader. */
  private static List<String> suspects(List<JsonNode> inboxes) {
    return inboxes.stream()
        .filter(
            queue ->
                queue.path("consumers").asInt() == 0 || queue.path("messages_ready").asLong() > 0)
        .map(InboxQueues::name)
        .toList();
  }

  /**
   * Returns the inboxes to look at: first those of brokers, then some of each user. A user may have
   * any number of queues with the name of an inbox, which must not hide those of others.
   */
  private static List<String> chosen(List<String> suspects) {
    Map<String, Integer> ofUser = new HashMap<>();
    return Stream.concat(
            suspects.stream().filter(InboxQueues::isOfBroker),
            suspects.stream()
                .filter(name -> !isOfBroker(name))
                .filter(
                    name -> ofUser.merge(userOf(name), 1, Integer::sum) <= LOOKED_AT_OF_ONE_USER))
        .limit(LOOKED_AT)
        .toList();
  }

  private static boolean isOfBroker(String inbox) {
    return inbox.startsWith(Topology.BROKER_QUEUES) || inbox.startsWith(Topology.HEARTBEAT_QUEUES);
  }

  /** Returns prefix and user of an inbox: {@code client-agent.acme}. */
  private static String userOf(String inbox) {
    int end = inbox.indexOf('.', inbox.indexOf('.') + 1);
    return end < 0 ? inbox : inbox.substring(0, end);
  }

  /** Returns the present counts of queues, without those that have expired. */
  private Map<String, QueueCounts> counts(Collection<String> queues) {
    Map<String, QueueCounts> found = new LinkedHashMap<>();
    Together.answers(queues, amqp::queue)
        .forEach((name, counts) -> counts.ifPresent(each -> found.put(name, each)));
    return found;
  }

  /**
   * A broker acks heartbeats on arrival, so those of a healthy broker are never unacked for long.
   * RabbitMQ tells no rate if it is configured to compute none.
   */
  private static boolean isUnacked(JsonNode queue) {
    JsonNode rate = queue.path("message_stats").path("ack_details").path("rate");
    return name(queue).startsWith(Topology.HEARTBEAT_QUEUES)
        && queue.path("messages_unacknowledged").asLong() > 0
        && rate.isNumber()
        && rate.asDouble() == 0;
  }

  /**
   * Returns whether a process with the same user and name has an inbox with a consumer: the process
   * has been restarted, and its former inbox expires within a minute.
   *
   * @param present counts that are newer than those of the list
   */
  private static boolean hasSuccessor(
      String inbox, List<JsonNode> inboxes, Map<String, QueueCounts> present) {
    String start = withoutSuffix(inbox);
    return inboxes.stream()
        .filter(
            other ->
                present.containsKey(name(other))
                    ? present.get(name(other)).consumers() > 0
                    : other.path("consumers").asInt() > 0)
        .map(InboxQueues::name)
        .anyMatch(other -> !other.equals(inbox) && withoutSuffix(other).equals(start));
  }

  /** Removes the random letters of a process id, and the number of a replaced inbox. */
  private static String withoutSuffix(String inbox) {
    return inbox.replaceFirst("-[a-z2-7]{6}(\\.\\d+)?$", "");
  }

  /** Returns the id of the process: {@code broker.broker-1-k3v7qa}. */
  private static String owner(String inbox) {
    return inbox.substring(inbox.indexOf('.') + 1);
  }

  private static String name(JsonNode queue) {
    return queue.path("name").asText();
  }
}
