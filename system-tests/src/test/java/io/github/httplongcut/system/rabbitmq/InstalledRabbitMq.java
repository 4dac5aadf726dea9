package io.github.httplongcut.system.rabbitmq;

import io.github.httplongcut.testkit.Checkout;
import io.github.httplongcut.testkit.RabbitMqNode;
import io.github.httplongcut.testkit.TemporaryFolder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A node of the installed {@code rabbitmq-server}. */
record InstalledRabbitMq(RabbitMqNode node) implements RabbitMqServer {

  /** Starts a node. */
  static InstalledRabbitMq open() {
    Path directory = TemporaryFolder.create(Path.of("target", "rabbitmq"), "node-");
    return new InstalledRabbitMq(new RabbitMqNode(Checkout.root(), directory));
  }

  /**
   * Returns whether {@code private-node} finds RabbitMQ: Debian's package, or the directory in
   * {@code LONGCUT_RABBITMQ_HOME}.
   */
  static boolean isInstalled() {
    return System.getenv("LONGCUT_RABBITMQ_HOME") != null
        || Files.isDirectory(Path.of("/usr/lib/rabbitmq/lib"));
  }

  @Override
  public URI amqpUri() {
    return URI.create("amqp://127.0.0.1:" + node.amqpPort() + "/" + RabbitMq.VHOST);
  }

  @Override
  public Optional<URI> managementUri() {
    return Optional.of(node.managementUri());
  }

  @Override
  public String ctl(String... arguments) {
    return node.ctl(arguments);
  }

  @Override
  public void start() {
    node.start();
  }

  @Override
  public void stop() {
    node.stop();
  }

  @Override
  public void kill() {
    node.kill();
  }

  @Override
  public void freeze() {
    node.freeze();
  }

  @Override
  public void thaw() {
    node.thaw();
  }

  @Override
  public void close() {
    node.close();
  }
}
