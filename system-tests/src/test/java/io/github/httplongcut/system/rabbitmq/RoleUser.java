package io.github.httplongcut.system.rabbitmq;

import io.github.httplongcut.protocol.EventType;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.util.List;

/** The three roles, each with its RabbitMQ user and the id of a process. */
enum RoleUser {
  CLIENT_AGENT(RabbitMqUser.CLIENT_AGENT) {
    @Override
    Plan plan(ProcessId id) {
      return Plan.clientAgent(id, 0);
    }
  },
  BROKER(RabbitMqUser.BROKER) {
    @Override
    Plan plan(ProcessId id) {
      return Plan.broker(id, PREFETCH);
    }
  },
  UPSTREAM_AGENT(RabbitMqUser.UPSTREAM_AGENT) {
    @Override
    Plan plan(ProcessId id) {
      return Plan.upstreamAgent(id, List.of(TARGET), PREFETCH);
    }
  };

  /** The upstream target of these tests. */
  static final String TARGET = "orders";

  private static final int PREFETCH = 10;

  private final RabbitMqUser user;
  private final String id;

  RoleUser(RabbitMqUser user) {
    this.user = user;
    this.id = ProcessId.create(user.login(), "test").toString();
  }

  /** The exchanges and queues that a process of this role with an id uses. */
  abstract Plan plan(ProcessId id);

  /**
   * The exchanges that a process of this role writes to and reads from, besides those of its plan:
   * it works without them.
   */
  List<String> optionalExchanges() {
    return this == BROKER ? List.of(EventType.BROKER_STATUS.wireName()) : List.of();
  }

  Plan plan() {
    return plan(id());
  }

  RabbitMqUser user() {
    return user;
  }

  /** The id of a process of this role; the same for the whole JVM. */
  ProcessId id() {
    return ProcessId.parse(id);
  }
}
