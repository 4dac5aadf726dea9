package io.github.httplongcut.system.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.rabbitmq.RabbitMqCluster;
import io.github.httplongcut.system.relay.Traffic.Answered;
import io.github.httplongcut.system.relay.Traffic.Stall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A RabbitMQ cluster of three nodes that fail one after the other under load. Each node holds the
 * inbox of some process, and one of them leads {@code client_request}. Uses the default timers.
 * Takes minutes, so it runs only with {@code -Pfaults-long}.
 */
@Tag("long")
class ClusterIT {

  /** A kind of failure of a node, and the recovery from it. */
  enum NodeFault {
    KILLED {
      @Override
      void begin(RabbitMqCluster cluster, int node) {
        cluster.kill(node);
      }

      @Override
      void end(RabbitMqCluster cluster, int node) {
        cluster.start(node);
      }
    },
    STOPPED {
      @Override
      void begin(RabbitMqCluster cluster, int node) {
        cluster.stop(node);
      }

      @Override
      void end(RabbitMqCluster cluster, int node) {
        cluster.start(node);
      }
    },
    /** RabbitMQ closes all connections of the node with 320. The node and its inboxes stay up. */
    IN_MAINTENANCE {
      @Override
      void begin(RabbitMqCluster cluster, int node) {
        cluster.drain(node);
      }

      @Override
      void end(RabbitMqCluster cluster, int node) {
        cluster.revive(node);
      }
    };

    abstract void begin(RabbitMqCluster cluster, int node);

    abstract void end(RabbitMqCluster cluster, int node);
  }

  /**
   * A period, in {@code nanoTime}s, in which requests may fail. Requests that are in flight when it
   * begins may fail, too.
   */
  private record Disturbed(int node, long from, long until) {
    boolean covers(Answered request) {
      long answeredAt = request.sentAt() + request.took().toNanos();
      return answeredAt - from >= 0 && request.sentAt() - until < 0;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(ClusterIT.class);
  private static final int REQUESTS_PER_SECOND = 20;
  private static final Duration RECOVERY = Duration.ofSeconds(5);
  private static final Duration QUIET = Duration.ofSeconds(3);

  private static RabbitMqCluster cluster;

  @BeforeAll
  static void startCluster() {
    cluster = new RabbitMqCluster();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @ParameterizedTest
  @EnumSource(NodeFault.class)
  void anyNodeMayFail(NodeFault fault) {
    List<Answered> answered;
    List<Stall> machine;
    List<Disturbed> disturbances = new ArrayList<>();
    List<String> runs;
    try (TestUpstream upstream = new TestUpstream();
        Relay relay =
            new Relay(cluster::amqpUris, "cluster-" + fault.name().toLowerCase(Locale.ROOT))) {
      relay.withDefaultTimers().under("env", "LONGCUT_LOG_LEVEL=DEBUG");
      RoleProcess client = relay.clientAgent();
      for (int i = 0; i < 2; i++) {
        relay.broker();
        relay.upstreamAgent(upstream.url());
      }
      relay.awaitReady();
      try (Traffic traffic = new Traffic(relay, client, REQUESTS_PER_SECOND)) {
        traffic.flowFor(QUIET);
        for (int node = 1; node <= RabbitMqCluster.NODES; node++) {
          log.info("{}: node {}, leader {}", fault, node, cluster.leader("client_request"));
          long from = System.nanoTime();
          fault.begin(cluster, node);
          disturbances.add(new Disturbed(node, from, System.nanoTime() + RECOVERY.toNanos()));
          traffic.flowFor(RECOVERY.plus(QUIET));
          fault.end(cluster, node);
          traffic.flowFor(QUIET);
        }
        answered = traffic.end();
        machine = traffic.stalls();
      }
      runs = List.copyOf(upstream.runs());
    }

    report(fault, answered, disturbances);
    assertThat(runs.stream().filter(run -> run.startsWith("POST")))
        .as("no POST runs twice")
        .doesNotHaveDuplicates();
    Set<String> ran = new HashSet<>(runs);
    assertThat(answered)
        .as("requests with status 200 ran, POSTs with status 503 did not")
        .allMatch(each -> each.status() != 200 || ran.contains(each.run()))
        .allMatch(each -> each.status() != 503 || each.isGet() || !ran.contains(each.run()));
    assertThat(answered)
        .as("every error is one of the relay's")
        .allMatch(each -> each.status() == 200 || (each.status() >= 500 && !each.code().isEmpty()));
    // Requests in flight during, or sent right after, a pause of the whole machine do not count.
    List<Answered> judged =
        answered.stream()
            .filter(each -> machine.stream().noneMatch(stall -> stall.touches(each)))
            .toList();
    log.info("{}: the machine was paused {} times", fault, machine.size());
    assertThat(judged.stream().filter(each -> disturbances.stream().noneMatch(d -> d.covers(each))))
        .as("service goes on within " + RECOVERY)
        .allMatch(each -> each.status() == 200);
    assertThat(judged.stream().filter(Answered::isGet))
        .as("no GET fails")
        .allMatch(each -> each.status() == 200);
  }

  /** Logs the numbers for docs/cluster.md. */
  private static void report(
      NodeFault fault, List<Answered> answered, List<Disturbed> disturbances) {
    for (Disturbed disturbed : disturbances) {
      List<Answered> during = answered.stream().filter(disturbed::covers).toList();
      List<Duration> gets =
          during.stream().filter(Answered::isGet).map(Answered::took).sorted().toList();
      log.info(
          "{}: node {}: {} requests; slowest GET {} ms; last failure after {} ms; failed: {}",
          fault,
          disturbed.node(),
          during.size(),
          Collections.max(gets).toMillis(),
          during.stream()
              .filter(each -> each.status() != 200)
              .mapToLong(each -> (each.sentAt() - disturbed.from()) / 1_000_000)
              .max()
              .orElse(0),
          during.stream()
              .filter(each -> each.status() != 200)
              .map(
                  each ->
                      "%s %d %s after %d ms (%s)"
                          .formatted(
                              each.run(),
                              each.status(),
                              each.code(),
                              each.took().toMillis(),
                              each.id()))
              .toList());
    }
  }
}
