package io.github.httplongcut.system.rabbitmq;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.NodePorts;
import io.github.httplongcut.testkit.RabbitMqUser;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A cluster of three nodes of the installed {@code rabbitmq-server}, started by {@code
 * rabbitmq/private-cluster}, with {@code definitions-cluster.json} and the demo users. The cluster
 * ends at the latest with this JVM.
 *
 * <p>For one thread at a time. Every method blocks until it is done. A failure is an {@link
 * IllegalStateException} with RabbitMQ's output.
 */
public final class RabbitMqCluster implements AutoCloseable {

  /** Number of nodes; the nodes are numbered from 1. */
  public static final int NODES = 3;

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

  /** Longer than any command of the script takes before it gives up. */
  private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(4);

  private final Path script = Checkout.file("rabbitmq/private-cluster");
  private final Path directory;
  private final ChildProcess process;
  private final List<NodePorts> nodes = new ArrayList<>();

  /** Starts the cluster, which takes half a minute. */
  public RabbitMqCluster() {
    directory = TemporaryFolder.create(Path.of("target", "rabbitmq"), "cluster-");
    process =
        ChildProcess.start(
            "the cluster",
            List.of(script.toString(), "run", directory.toString(), "--until-stdin-closes"),
            directory.resolve("private-cluster.log"));
    run("wait");
    for (int node = 1; node <= NODES; node++) {
      nodes.add(NodePorts.of(directory.resolve(String.valueOf(node))));
    }
  }

  /** The AMQP ports of the nodes, from node 1 on. */
  public List<Integer> amqpPorts() {
    return nodes.stream().map(NodePorts::amqp).toList();
  }

  /** The address of a node's management API, without a path. */
  public URI managementUri(int node) {
    return nodes.get(node - 1).managementUri();
  }

  /** The AMQP URIs of all nodes, separated by commas, as for {@code --amqp}. */
  public URI amqpUris(RabbitMqUser user) {
    return URI.create(
        nodes.stream()
            .map(node -> user.amqpUri(node.amqp()).toString())
            .collect(Collectors.joining(",")));
  }

  /** Kills a node with SIGKILL. */
  public void kill(int node) {
    run("kill", String.valueOf(node));
  }

  /** Stops a node cleanly: RabbitMQ closes all connections first. */
  public void stop(int node) {
    run("stop", String.valueOf(node));
  }

  /**
   * Starts a node again after {@link #kill} or {@link #stop}; returns once it is a member of its
   * queues.
   */
  public void start(int node) {
    run("start", String.valueOf(node));
  }

  /**
   * Puts a node into maintenance mode, as {@code rabbitmq-upgrade drain} does. The node closes all
   * connections with 320, accepts no new ones and transfers its queue leaders. The node and the
   * inboxes on it stay up.
   */
  public void drain(int node) {
    ctl(node, "eval", "rabbit_maintenance:drain().");
  }

  /** Ends the maintenance mode of a node after {@link #drain}. */
  public void revive(int node) {
    ctl(node, "eval", "rabbit_maintenance:revive().");
  }

  /** The node that leads a quorum queue. */
  public int leader(String queue) {
    return IntStream.rangeClosed(1, NODES)
        .filter(node -> isLeader(node, queue))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(queue + " has no leader"));
  }

  private boolean isLeader(int node, String queue) {
    String name = "longcut" + node + "@localhost";
    return queues(node).stream().anyMatch(line -> line.equals(queue + "\tquorum\t" + name));
  }

  /** The vhost's queues as a node knows them: name, type and leader, separated by tabs. */
  public List<String> queues(int node) {
    return ctl(node, "-q", "list_queues", "-p", RabbitMq.VHOST, "name", "type", "leader")
        .lines()
        .skip(1)
        .toList();
  }

  /** Runs {@code rabbitmqctl} against a node and returns its output. */
  public String ctl(int node, String... arguments) {
    List<String> all = new ArrayList<>(List.of("ctl", String.valueOf(node)));
    all.addAll(List.of(arguments));
    return run(all.toArray(String[]::new));
  }

  private String run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(script.toString(), arguments[0]));
    command.add(directory.toString());
    command.addAll(List.of(arguments).subList(1, arguments.length));
    return ChildProcess.run(command, COMMAND_TIMEOUT);
  }

  @Override
  public void close() {
    process.stop(STOP_TIMEOUT);
  }
}
