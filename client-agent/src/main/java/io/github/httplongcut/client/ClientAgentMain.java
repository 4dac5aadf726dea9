package io.github.httplongcut.client;

import io.github.httplongcut.admin.AdminServer;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionState;

/** Entry point of the client agent's process. */
public final class ClientAgentMain {

  private ClientAgentMain() {}

  /** Runs the client agent until the process is told to stop. */
  public static void main(String... arguments) {
    new RoleCommand<>(
            Role.CLIENT_AGENT,
            new ClientAgentOptions(),
            ClientAgentConfig::read,
            ClientAgentMain::start)
        .runAndExit(arguments);
  }

  private static AutoCloseable start(ClientAgentConfig config) {
    ProcessId id = ProcessId.create(config.amqp().user(), config.name());
    ProcessMetrics metrics = new ProcessMetrics(Role.CLIENT_AGENT);
    Loop loop = new Loop("client-agent");
    Member member =
        new Member(
            Role.CLIENT_AGENT.key(),
            id,
            (newId, generation) -> Plan.clientAgent(id, generation),
            config.ackTimeout());
    Session session = new RabbitMqSession(config.amqp(), member, loop, metrics.registry());
    Readiness readiness = new Readiness();
    readiness.set("rabbitmq", () -> stateOf(session));
    AdminServer admin = new AdminServer(config.admin(), readiness, metrics);
    ClientAgent agent = new ClientAgent(config, id, loop, session, metrics.registry());
    admin.start();
    agent.start();
    return () -> {
      readiness.stopping();
      agent.stop();
      admin.close(); // last, so that operators can watch the drain
      metrics.close();
    };
  }

  private static Readiness.State stateOf(Session session) {
    SessionState state = session.state();
    return new Readiness.State(state.isHealthy(), state.describe());
  }
}
