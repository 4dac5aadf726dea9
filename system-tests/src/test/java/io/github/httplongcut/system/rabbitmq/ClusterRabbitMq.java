package io.github.httplongcut.system.rabbitmq;

import io.github.httplongcut.protocol.Topology;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * A cluster in place of a single node. Stopping or killing it affects the node that leads {@code
 * client_request}; all other calls go to a running node.
 */
final class ClusterRabbitMq implements RabbitMqServer {

  private final RabbitMqCluster cluster = new RabbitMqCluster();
  private int up = 1;
  private int down;

  @Override
  public URI amqpUri() {
    return URI.create(
        "amqp://127.0.0.1:%d/%s".formatted(cluster.amqpPorts().get(up - 1), RabbitMq.VHOST));
  }

  @Override
  public List<Integer> amqpPorts() {
    return cluster.amqpPorts();
  }

  @Override
  public Optional<URI> managementUri() {
    return Optional.of(cluster.managementUri(up));
  }

  @Override
  public String ctl(String... arguments) {
    return cluster.ctl(up, arguments);
  }

  @Override
  public void stop() {
    choose();
    cluster.stop(down);
  }

  @Override
  public void kill() {
    choose();
    cluster.kill(down);
  }

  private void choose() {
    down = cluster.leader(Topology.CLIENT_REQUEST_QUEUE);
    up = down == 1 ? 2 : 1;
  }

  @Override
  public void start() {
    cluster.start(down);
  }

  @Override
  public void close() {
    cluster.close();
  }
}
