package io.github.httplongcut.upstream;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.process.RoleRuntime;
import io.github.httplongcut.session.Plan;
import io.github.httplongcut.upstream.core.Targets;
import io.github.httplongcut.upstream.http.UpstreamClient;
import io.micrometer.core.instrument.MeterRegistry;
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

  private static AutoCloseable start(UpstreamAgentConfig config, String settings) {
    RoleRuntime runtime =
        RoleRuntime.create(
            Role.UPSTREAM_AGENT,
            config,
            settings,
            firstId ->
                (id, generation) ->
                    Plan.upstreamAgent(id, config.targetNames(), config.prefetch()));
    runtime.pages().add("/api/targets", query -> TargetsPage.of(config.targets()));
    Targets targets = new Targets(runtime.id(), config.servedTargets());
    UpstreamAgent.Parts parts =
        new UpstreamAgent.Parts(
            targets,
            httpClient(config, runtime.registry()),
            runtime.loop(),
            runtime.session(),
            runtime.registry());
    return runtime.start(new UpstreamAgent(config, parts));
  }

  private static UpstreamClient httpClient(UpstreamAgentConfig config, MeterRegistry registry) {
    try {
      return new UpstreamClient(config.targets(), registry);
    } catch (IOException e) {
      throw new StartException(e.getMessage(), e);
    }
  }
}
