package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Looks whether RabbitMQ holds what a process uses, and says what is missing and how to get it. */
final class TopologyCheck {

  private interface Probe {
    void declarePassively(Channel channel) throws IOException;
  }

  private TopologyCheck() {}

  /**
   * Returns if all is there.
   *
   * @throws IOException naming what is missing, and the remedy
   */
  static void check(Connection connection, Topology.Plan plan)
      throws IOException, TimeoutException {
    List<String> missing = new ArrayList<>();
    for (String exchange : plan.exchanges()) {
      if (isMissing(connection, channel -> channel.exchangeDeclarePassive(exchange))) {
        missing.add("exchange " + exchange);
      }
    }
    for (String queue : plan.sharedQueues()) {
      if (isMissing(connection, channel -> channel.queueDeclarePassive(queue))) {
        missing.add("queue " + queue);
      }
    }
    if (!missing.isEmpty()) {
      throw new IOException(
          "RabbitMQ's vhost lacks "
              + String.join(", ", missing)
              + "; import the project's rabbitmq/definitions.json, which has no users, into it:"
              + " rabbitmqctl import_definitions definitions.json, or load_definitions in"
              + " rabbitmq.conf, or (a vhost that is not longcut) POST the file to the management"
              + " API's /api/definitions/<vhost>");
    }
  }

  /** A channel each: RabbitMQ closes the channel in which something was not found. */
  private static boolean isMissing(Connection connection, Probe probe)
      throws IOException, TimeoutException {
    Channel channel = connection.createChannel();
    try {
      probe.declarePassively(channel);
      channel.close();
      return false;
    } catch (IOException e) {
      if (Failures.isNotFound(e)) {
        return true;
      }
      throw e;
    }
  }
}
