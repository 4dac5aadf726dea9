package io.github.httplongcut.broker;

import io.github.httplongcut.admin.AdminServer;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.amqp.Member;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.amqp.Session;
import io.github.httplongcut.amqp.SessionState;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.RoleCommand;
import io.github.httplongcut.config.RoleOptions;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.ProcessId;

/** The broker's process. */
public final class BrokerMain {

  private BrokerMain() {}

  /** Runs it until it is told to stop. */
  public static void main(String... arguments) {
    new RoleCommand<>(Role.BROKER, RoleOptions.NONE, BrokerConfig::read, BrokerMain::start)
        .runAndExit(arguments);
  }

  private static AutoCloseable start(BrokerConfig config) {
    ProcessId id = ProcessId.create(config.amqp().user(), config.name());
    ProcessMetrics metrics = new ProcessMetrics(Role.BROKER);
    Loop loop = new Loop("broker");
    Member member =
        new Member(
            Role.BROKER.key(),
            id,
            (brokerId, generation) -> Topology.broker(brokerId, BrokerConfig.PREFETCH),
            config.timeouts().ackTimeout());
    Session session = new RabbitMqSession(config.amqp(), member, loop, metrics.registry());
    Readiness readiness = new Readiness();
    readiness.set("rabbitmq", () -> stateOf(session));
    AdminServer admin = new AdminServer(config.admin(), readiness, metrics);
    Broker broker = new Broker(config, id, loop, session, metrics.registry());
    readiness.set("requests", () -> stateOf(broker));
    admin.start();
    broker.start();
    return () -> {
      readiness.stopping();
      broker.close();
      admin.close(); // last, so that the drain can be watched
      metrics.close();
    };
  }

  /** A full broker is ready: it serves what it holds, and nobody would gain from its restart. */
  private static Readiness.State stateOf(Broker broker) {
    return switch (broker.consumption()) {
      case CLOSED -> new Readiness.State(false, "not taken: see rabbitmq");
      case STARTING -> new Readiness.State(false, "not taken yet: waits for agents' heartbeats");
      case GROWING, OPEN -> new Readiness.State(true, "taken");
      case FULL -> new Readiness.State(true, "not taken for now: max-in-flight is reached");
      case DRAINING -> new Readiness.State(false, "not taken: the process was told to stop");
    };
  }

  private static Readiness.State stateOf(Session session) {
    SessionState state = session.state();
    return new Readiness.State(state.isHealthy(), state.describe());
  }
}
