package io.github.httplongcut.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.session.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Checks that the exchanges and shared queues that a process uses exist in RabbitMQ. */
final class TopologyCheck {

  private interface PassiveDeclaration {
    void declarePassively(Channel channel) throws IOException;
  }

  private TopologyCheck() {}

  /**
   * Returns normally if all exchanges and shared queues of the plan exist.
   *
   * @throws IOException that names the missing ones and the remedy
   */
  static void check(Connection connection, Plan plan) throws IOException, TimeoutException {
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
              + "; import HTTP LongCut's rabbitmq/definitions.json (it changes no users): run"
              + " rabbitmqctl import_definitions definitions.json, or set load_definitions in"
              + " rabbitmq.conf; if the vhost is not named longcut, POST the file to the management"
              + " API at /api/definitions/<vhost>");
    }
  }

  /** Opens a channel for each check, because RabbitMQ closes a channel after a 404. */
  private static boolean isMissing(Connection connection, PassiveDeclaration declaration)
      throws IOException, TimeoutException {
    Channel channel = connection.createChannel();
    try {
      declaration.declarePassively(channel);
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
