package io.github.httplongcut.system.faults;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.httplongcut.amqp.Topology;
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
 * When nobody asks anything, nothing is left: no message, nothing in flight, each process with its
 * two connections and its queues, and no more threads than before.
 */
final class AtRest {

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  /** Connections come and go: their threads may be there when they are counted, or not yet. */
  private static final double MORE_THREADS = 8;

  private static final Pattern IN_FLIGHT =
      Pattern.compile(
          "^longcut_(client_(requests|bytes)_in_flight|broker_requests|broker_bytes_in_flight"
              + "|upstream_in_flight|amqp_events_waiting|amqp_messages_unconfirmed)\\w*(\\{.*})? .*");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FaultBench bench;
  private final Map<RoleProcess, Double> threads = new HashMap<>();

  /** Remembers how it is now, before the trial. */
  AtRest(FaultBench bench) {
    this.bench = bench;
    bench.running().forEach(process -> threads.put(process, threads(process)));
  }

  /** Waits until nothing is left, and returns what is left then all the same. */
  List<String> leftovers() {
    AtomicReference<List<String>> left = new AtomicReference<>(List.of());
    try {
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(300))
          .until(
              () -> {
                left.set(look());
                return left.get().isEmpty();
              });
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      return left.get();
    }
    return List.of();
  }

  private List<String> look() {
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
      left.addAll(queues()); // last, since asking costs RabbitMQ most
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
      for (String connection : List.of("publish", "consume")) {
        Pattern name = bench.partOf(process).connectionOf(process.name(), connection);
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
      wrong.add("connections of nobody: " + named);
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
          && !name.startsWith("heartbeats.")) { // one may be under way at any time
        wrong.add("messages left in a queue: " + queue);
      }
      if (inbox && queue.path("consumers").asInt() != 1) {
        wrong.add("not one consumer: " + queue);
      }
    }
    int expected = living.size() + bench.running(RelayPart.BROKER).size();
    if (found != expected) {
      wrong.add(expected + " queues of living processes expected: " + queues);
    }
    return wrong;
  }

  /** In a cluster: on a node that was away, until it expires. */
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

  /** The value of the meter of exactly that name, without labels. */
  static double metric(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(AtRest::value)
        .sum();
  }

  private static double value(String line) {
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }
}
