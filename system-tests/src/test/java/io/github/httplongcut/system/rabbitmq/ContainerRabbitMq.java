package io.github.httplongcut.system.rabbitmq;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.rabbitmq.RabbitMQContainer;
import org.testcontainers.utility.MountableFile;

/**
 * RabbitMQ in a container. {@link #stop} stops only the RabbitMQ application in the container,
 * since a restarted container would have other ports.
 */
final class ContainerRabbitMq implements RabbitMqServer {

  private static final String IMAGE = "rabbitmq:4-management";

  /**
   * Makes files readable for RabbitMQ's user in the container, since a checkout may be readable for
   * its owner only.
   */
  private static final int READABLE = 0644;

  private final RabbitMQContainer container;

  ContainerRabbitMq() {
    container =
        new RabbitMQContainer(IMAGE)
            .withCopyFileToContainer(
                project("rabbitmq.conf"), "/etc/rabbitmq/conf.d/50-longcut.conf")
            .withCopyFileToContainer(
                project("demo-users.conf"), "/etc/rabbitmq/conf.d/60-demo-users.conf")
            .withCopyFileToContainer(
                project("definitions.json"), "/etc/rabbitmq/demo/1-definitions.json")
            .withCopyFileToContainer(
                project("demo-users.json"), "/etc/rabbitmq/demo/2-demo-users.json");
    container.start();
  }

  private static MountableFile project(String file) {
    return MountableFile.forHostPath(Checkout.file("rabbitmq/" + file), READABLE);
  }

  @Override
  public URI amqpUri() {
    return URI.create(
        "amqp://" + container.getHost() + ":" + container.getAmqpPort() + "/" + RabbitMq.VHOST);
  }

  @Override
  public Optional<URI> managementUri() {
    return Optional.of(URI.create("http://" + container.getHost() + ":" + container.getHttpPort()));
  }

  @Override
  public String ctl(String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = "rabbitmqctl";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      ExecResult result = container.execInContainer(command);
      if (result.getExitCode() != 0) {
        throw new IllegalStateException(
            String.join(" ", command) + ": " + result.getStdout() + result.getStderr());
      }
      return result.getStdout();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + String.join(" ", command), e);
    }
  }

  @Override
  public void importDefinitions(Path file) {
    String inContainer = "/tmp/" + file.getFileName();
    container.copyFileToContainer(MountableFile.forHostPath(file), inContainer);
    ctl("import_definitions", inContainer);
  }

  @Override
  public void stop() {
    ctl("stop_app");
  }

  @Override
  public void kill() {
    throw new IllegalStateException(
        "cannot kill RabbitMQ in a container, which would restart with other ports: install rabbitmq-server for this test");
  }

  @Override
  public void start() {
    ctl("start_app");
  }

  @Override
  public void freeze() {
    container.getDockerClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void thaw() {
    container.getDockerClient().unpauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void close() {
    container.stop();
  }
}
