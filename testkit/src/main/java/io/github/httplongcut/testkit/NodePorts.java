package io.github.httplongcut.testkit;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The ports of a node that {@code rabbitmq/private-node} has started.
 *
 * @param amqp the AMQP port
 * @param management the port of the management API
 */
public record NodePorts(int amqp, int management) {

  /** Reads the ports from the file {@code node.env} in a node's directory. */
  public static NodePorts of(Path directory) {
    Path file = directory.resolve("node.env");
    try {
      List<String> lines = Files.readAllLines(file);
      return new NodePorts(
          port(lines, "RABBITMQ_AMQP_PORT="), port(lines, "RABBITMQ_MANAGEMENT_PORT="));
    } catch (IOException e) {
      throw new TestkitException("cannot read " + file, e);
    }
  }

  /** Returns the address of the management API, without a path. */
  public URI managementUri() {
    return URI.create("http://127.0.0.1:" + management);
  }

  private static int port(List<String> lines, String variable) {
    return lines.stream()
        .filter(line -> line.startsWith(variable))
        .map(line -> Integer.valueOf(line.substring(variable.length())))
        .findFirst()
        .orElseThrow(() -> new TestkitException("no " + variable + " in node.env"));
  }
}
