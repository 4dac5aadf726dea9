package io.github.httplongcut.system.rabbitmq;

import io.github.httplongcut.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The installed {@code rabbitmq-server} as a child process, started by {@code
 * rabbitmq/private-node}. The node ends when its standard input closes, and thus at the latest with
 * this JVM.
 */
final class InstalledRabbitMq implements RabbitMqServer {

  private static final int START_SECONDS = 120;
  private static final int STOP_SECONDS = 30;

  private final Path privateNode = Checkout.file("rabbitmq/private-node");
  private final Path directory;
  private final List<String> ports = new ArrayList<>();
  private final URI amqpUri;
  private final URI managementUri;
  private Process process;

  InstalledRabbitMq() {
    try {
      Path parent = Files.createDirectories(Path.of("target", "rabbitmq").toAbsolutePath());
      directory = Files.createTempDirectory(parent, "node-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start();
    Map<String, String> environment = readEnvironment();
    String amqpPort = environment.get("RABBITMQ_AMQP_PORT");
    String managementPort = environment.get("RABBITMQ_MANAGEMENT_PORT");
    ports.addAll(List.of("--amqp-port", amqpPort, "--management-port", managementPort));
    amqpUri = URI.create("amqp://127.0.0.1:" + amqpPort + "/" + RabbitMq.VHOST);
    managementUri = URI.create("http://127.0.0.1:" + managementPort);
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
    return amqpUri;
  }

  @Override
  public Optional<URI> managementUri() {
    return Optional.of(managementUri);
  }

  @Override
  public String ctl(String... arguments) {
    List<String> command = new ArrayList<>(List.of("ctl", directory.toString()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  @Override
  public void start() {
    List<String> command = new ArrayList<>(List.of(privateNode.toString(), "run"));
    command.add(directory.toString());
    command.add("--until-stdin-closes");
    command.addAll(ports);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(output().toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      run(List.of("wait", directory.toString(), String.valueOf(START_SECONDS)));
    } catch (IllegalStateException e) {
      close();
      throw new IllegalStateException(e.getMessage() + readOutput(), e);
    }
  }

  @Override
  public void stop() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "RabbitMQ did not stop within " + STOP_SECONDS + " s:\n" + readOutput());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while RabbitMQ stopped", e);
    }
  }

  /** Sends SIGKILL to the node; the script that runs it then cleans up and ends. */
  @Override
  public void kill() {
    try {
      String pid = Files.readString(directory.resolve("rabbitmq.pid")).strip();
      new ProcessBuilder("kill", "-KILL", pid).inheritIO().start().waitFor();
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("RabbitMQ was not killed:\n" + readOutput());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while RabbitMQ was killed", e);
    }
  }

  @Override
  public void close() {
    stop();
  }

  private Path output() {
    return directory.resolve("private-node.log");
  }

  private String readOutput() {
    try {
      return Files.readString(output());
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Map<String, String> readEnvironment() {
    Map<String, String> environment = new HashMap<>();
    try {
      for (String line : Files.readAllLines(directory.resolve("node.env"))) {
        int equals = line.indexOf('=');
        environment.put(line.substring(0, equals), line.substring(equals + 1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return environment;
  }

  private String run(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(privateNode.toString()));
    command.addAll(arguments);
    try {
      Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
      child.getOutputStream().close();
      String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exitCode = child.waitFor();
      if (exitCode != 0) {
        throw new IllegalStateException(
            String.join(" ", command) + ": exit code " + exitCode + "\n" + printed);
      }
      return printed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + command, e);
    }
  }
}
