package io.github.httplongcut.broker;

import io.github.httplongcut.admin.AdminServer;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.process.RoleOptions;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionState;

/** Entry point of the broker process. */
public final class BrokerMain {

  private BrokerMain() {}

  /** Runs the broker until the process is told to stop. */
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
            (brokerId, generation) -> Plan.broker(brokerId, BrokerConfig.PREFETCH),
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
      admin.close(); // after the drain, so that operators can watch it
      metrics.close();
    };
  }

  /**
   * Returns the readiness of the consumption. A full broker is ready: it serves the requests that
   * it holds, and a restart would not help.
   */
  private static Readiness.State stateOf(Broker broker) {
    return switch (broker.consumption()) {
      case CLOSED ->
          new Readiness.State(false, "not consumed: no channel to RabbitMQ, see rabbitmq");
      case STARTING -> new Readiness.State(false, "not consumed yet: waiting for heartbeats");
      case GROWING, OPEN -> new Readiness.State(true, "consumed");
      case FULL -> new Readiness.State(true, "not consumed: max-in-flight is reached");
      case DRAINING -> new Readiness.State(false, "not consumed: the process is stopping");
    };
  }

  private static Readiness.State stateOf(Session session) {
    SessionState state = session.state();
    return new Readiness.State(state.isHealthy(), state.describe());
  }
}
