package io.github.httplongcut.upstream;

import io.github.httplongcut.admin.AdminServer;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionState;
import java.io.IOException;

/** The entry point of the upstream agent. */
public final class UpstreamAgentMain {

  private UpstreamAgentMain() {}

  /** Runs the upstream agent until it is stopped by a signal. */
  public static void main(String... arguments) {
    new RoleCommand<>(
            Role.UPSTREAM_AGENT,
            new UpstreamAgentOptions(),
            UpstreamAgentConfig::read,
            UpstreamAgentMain::start)
        .runAndExit(arguments);
  }

  private static AutoCloseable start(UpstreamAgentConfig config) {
    ProcessId id = ProcessId.create(config.amqp().user(), config.name());
    Targets targets = new Targets(id, config.targets());
    UpstreamClient http = httpClient(targets);
    ProcessMetrics metrics = new ProcessMetrics(Role.UPSTREAM_AGENT);
    Loop loop = new Loop("upstream-agent");
    Member member =
        new Member(
            Role.UPSTREAM_AGENT.key(),
            id,
            (upstreamId, generation) ->
                Plan.upstreamAgent(upstreamId, targets.names(), config.prefetch()),
            config.ackTimeout());
    Session session = new RabbitMqSession(config.amqp(), member, loop, metrics.registry());
    Readiness readiness = new Readiness();
    readiness.set("rabbitmq", () -> stateOf(session));
    AdminServer admin = new AdminServer(config.admin(), readiness, metrics);
    UpstreamAgent agent =
        new UpstreamAgent(
            config, id, new UpstreamAgent.Parts(targets, http, loop, session, metrics.registry()));
    admin.start(); // first, since only this start can fail, and nothing is started yet
    agent.start();
    return () -> {
      readiness.stopping();
      agent.stop();
      admin.close(); // last, so that operators can observe the drain
      metrics.close();
    };
  }

  private static UpstreamClient httpClient(Targets targets) {
    try {
      return new UpstreamClient(targets.all());
    } catch (IOException e) {
      throw new StartException(e.getMessage(), e);
    }
  }

  private static Readiness.State stateOf(Session session) {
    SessionState state = session.state();
    return new Readiness.State(state.isHealthy(), state.describe());
  }
}
