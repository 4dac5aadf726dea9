package io.github.httplongcut.system.faults;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.RoleProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * Checks that an idle relay leaves nothing behind:
 *
 * <ul>
 *   <li>no messages in queues and no requests in flight,
 *   <li>the usual connections and queues for each process,
 *   <li>no more threads than before the trial.
 * </ul>
 */
final class IdleCheck {

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  /** Tolerance for threads of connections, which may start and end between two counts. */
  private static final double MORE_THREADS = 8;

  private static final Pattern IN_FLIGHT =
      Pattern.compile(
          "^longcut_(client_(requests|bytes)_in_flight|broker_requests|broker_bytes_in_flight"
              + "|upstream_in_flight|amqp_events_waiting|amqp_messages_unconfirmed)\\w*(\\{.*})? .*");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FaultBench bench;
  private final Map<RoleProcess, Double> threads = new HashMap<>();

  /** Records the number of threads before the trial. */
  IdleCheck(FaultBench bench) {
    this.bench = bench;
    bench.running().forEach(process -> threads.put(process, threads(process)));
  }

  /** Waits until nothing is left behind; returns the leftovers at the timeout. */
  List<String> leftovers() {
    AtomicReference<List<String>> left = new AtomicReference<>(List.of());
    try {
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(300))
          .until(
              () -> {
                left.set(currentLeftovers());
                return left.get().isEmpty();
              });
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      return left.get();
    }
    return List.of();
  }

  private List<String> currentLeftovers() {
    List<String> left = new ArrayList<>();
    for (RoleProcess process : bench.running()) {
      if (!process.isReady()) {
        left.add(process.name() + " is not ready");
      }
      String metrics = process.metrics();
      metrics
          .lines()
          .filter(line -> IN_FLIGHT.matcher(line).matches() && value(line) != 0)
          .forEach(line -> left.add(process.name() + ": " + line));
      double before = threads.getOrDefault(process, Double.MAX_VALUE);
      double now = threads(process);
      if (now > before + MORE_THREADS) {
        left.add(process.name() + " had " + before + " threads and has " + now);
      }
    }
    left.addAll(connections());
    if (left.isEmpty()) {
      left.addAll(queues()); // last: the most expensive call for RabbitMQ
    }
    return left;
  }

  private List<String> connections() {
    Map<String, Integer> named = new HashMap<>();
    for (JsonNode connection : bench.rabbitMq().connections()) {
      named.merge(
          connection.path("client_properties").path("connection_name").asText(), 1, Integer::sum);
    }
    List<String> wrong = new ArrayList<>();
    int expected = 0;
    for (RoleProcess process : bench.running()) {
      RelayPart part = bench.partOf(process);
      for (String connection : part.connections()) {
        Pattern name = part.connectionOf(process.name(), connection);
        int count =
            named.entrySet().stream()
                .filter(entry -> name.matcher(entry.getKey()).find())
                .mapToInt(Map.Entry::getValue)
                .sum();
        expected++;
        if (count != 1) {
          wrong.add(process.name() + " has " + count + " connections to " + connection);
        }
      }
    }
    long ours = named.values().stream().mapToInt(Integer::intValue).sum();
    if (wrong.isEmpty() && ours != expected) {
      wrong.add("connections of no running process: " + named);
    }
    return wrong;
  }

  private List<String> queues() {
    List<String> wrong = new ArrayList<>();
    JsonNode queues =
        parse(
            bench
                .rabbitMq()
                .ctl(
                    "list_queues",
                    "--silent",
                    "--vhost",
                    RabbitMq.VHOST,
                    "--formatter",
                    "json",
                    "name",
                    "messages",
                    "consumers"));
    List<Pattern> living =
        bench.running().stream()
            .map(process -> bench.partOf(process).queuesOf(process.name()))
            .toList();
    int found = 0;
    for (JsonNode queue : queues) {
      String name = queue.path("name").asText();
      boolean inbox =
          living.stream().anyMatch(pattern -> pattern.matcher(name).find()) && !isLeftBehind(queue);
      boolean shared = name.equals(Topology.CLIENT_REQUEST_QUEUE) || name.equals(Topology.ORPHAN);
      found += inbox ? 1 : 0;
      if ((inbox || shared)
          && queue.path("messages").asInt() != 0
          && !name.startsWith("heartbeats.")) { // a heartbeat may be in transit at any time
        wrong.add("messages left in a queue: " + queue);
      }
      if (inbox && queue.path("consumers").asInt() != 1) {
        wrong.add("a queue without exactly one consumer: " + queue);
      }
    }
    int expected = living.size() + bench.running(RelayPart.BROKER).size();
    if (found != expected) {
      wrong.add(expected + " queues of running processes expected: " + queues);
    }
    return wrong;
  }

  /**
   * Returns whether a queue without a consumer remains on a cluster node that was down; such a
   * queue expires later.
   */
  private boolean isLeftBehind(JsonNode queue) {
    return bench.proxies().size() > 1 && queue.path("consumers").asInt() == 0;
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json.substring(json.indexOf('[')));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(json, e);
    }
  }

  private static double threads(RoleProcess process) {
    return metric(process.metrics(), "jvm_threads_live_threads");
  }

  /** The value of the meter with exactly this name and no labels. */
  static double metric(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(IdleCheck::value)
        .sum();
  }

  private static double value(String line) {
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }
}
