package io.github.httplongcut.cli.status;

import com.rabbitmq.http.client.domain.QueueInfo;
import io.github.httplongcut.protocol.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** Sums up RabbitMQ's queues by their role in the relay. Other queues are left out. */
final class Queues {

  private static final String TAP = "tap";

  private final List<QueueInfo> queues;
  private final long consumingBrokers;

  /**
   * @param consumingBrokers the number of brokers that say that they take requests. RabbitMQ's own
   *     numbers are up to five seconds old.
   */
  Queues(List<QueueInfo> queues, long consumingBrokers) {
    this.queues = List.copyOf(queues);
    this.consumingBrokers = consumingBrokers;
  }

  /** Returns a row in place of all queues. */
  static QueueRow unknown(String why) {
    return new QueueRow("all queues", "no answer", 0, 0, 0, 0, 0, Health.PROBLEM, why);
  }

  List<QueueRow> rows() {
    List<QueueRow> rows = new ArrayList<>();
    rows.add(shared(Topology.CLIENT_REQUEST_QUEUE, "requests wait until they expire"));
    rows.add(shared(Topology.ORPHAN, "answers for brokers that are gone are lost"));
    rows.add(inboxes(Topology.BROKER_QUEUES));
    rows.add(inboxes(Topology.HEARTBEAT_QUEUES));
    rows.add(inboxes(Topology.CLIENT_AGENT_QUEUES));
    rows.add(inboxes(Topology.UPSTREAM_AGENT_QUEUES));
    if (queues.stream().anyMatch(queue -> queue.getName().equals(TAP))) {
      rows.add(
          row(
              TAP,
              named(TAP),
              Health.NOTE,
              "copies of messages, for the management UI; `longcut tap off` deletes them"));
    }
    return rows;
  }

  private QueueRow shared(String name, String consequence) {
    List<QueueInfo> found = named(name);
    if (found.isEmpty()) {
      return row(
          name,
          found,
          Health.PROBLEM,
          "the queue does not exist; import rabbitmq/definitions.json into the vhost");
    }
    if (count(found, QueueInfo::getConsumerCount) > 0) {
      return row(name, found, Health.WELL, "");
    }
    return consumingBrokers == 0
        ? row(name, found, Health.PROBLEM, "no broker consumes it: " + consequence)
        : row(name, found, Health.NOTE, "RabbitMQ has not counted the consumers yet");
  }

  private QueueRow inboxes(String prefix) {
    List<QueueInfo> found =
        queues.stream().filter(queue -> queue.getName().startsWith(prefix)).toList();
    long abandoned = found.stream().filter(Queues::hasNoConsumer).count();
    long lost =
        found.stream().filter(Queues::hasNoConsumer).mapToLong(QueueInfo::getMessagesReady).sum();
    if (abandoned == 0) {
      long uncounted = found.stream().filter(queue -> !isCounted(queue)).count();
      return uncounted == 0
          ? row(prefix + "*", found, Health.WELL, "")
          : row(prefix + "*", found, Health.NOTE, uncounted + " that RabbitMQ has not counted yet");
    }
    String why =
        "%d without a consumer: the process has ended or is disconnected; RabbitMQ deletes its queue after a minute"
            .formatted(abandoned);
    return lost == 0
        ? row(prefix + "*", found, Health.NOTE, why)
        : row(prefix + "*", found, Health.PROBLEM, why + "; " + lost + " messages wait in it");
  }

  private static QueueRow row(String name, List<QueueInfo> queues, Health health, String why) {
    long unconsumed = queues.stream().filter(Queues::hasNoConsumer).count();
    String state = queues.isEmpty() ? "missing" : unconsumed > 0 ? "unconsumed" : "consumed";
    return new QueueRow(
        name,
        state,
        queues.size(),
        count(queues, QueueInfo::getMessagesReady),
        count(queues, QueueInfo::getMessagesUnacknowledged),
        count(queues, QueueInfo::getConsumerCount),
        unconsumed,
        health,
        why);
  }

  private static boolean hasNoConsumer(QueueInfo queue) {
    return isCounted(queue) && queue.getConsumerCount() == 0;
  }

  /** Returns whether RabbitMQ has numbers of the queue, which a new one gets after some seconds. */
  private static boolean isCounted(QueueInfo queue) {
    return queue.getMessagesReady() >= 0;
  }

  private List<QueueInfo> named(String name) {
    return queues.stream().filter(queue -> queue.getName().equals(name)).toList();
  }

  private static long count(List<QueueInfo> queues, ToLongFunction<QueueInfo> number) {
    return queues.stream().filter(Queues::isCounted).mapToLong(number).sum();
  }
}
