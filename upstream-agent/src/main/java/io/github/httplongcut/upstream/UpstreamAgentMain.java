package io.github.httplongcut.upstream;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.process.RoleRuntime;
import io.github.httplongcut.session.Plan;
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
    RoleRuntime runtime =
        RoleRuntime.create(
            Role.UPSTREAM_AGENT,
            config,
            firstId ->
                (id, generation) ->
                    Plan.upstreamAgent(id, config.targetNames(), config.prefetch()));
    Targets targets = new Targets(runtime.id(), config.targets());
    UpstreamAgent.Parts parts =
        new UpstreamAgent.Parts(
            targets, httpClient(targets), runtime.loop(), runtime.session(), runtime.registry());
    return runtime.start(new UpstreamAgent(config, runtime.id(), parts));
  }

  private static UpstreamClient httpClient(Targets targets) {
    try {
      return new UpstreamClient(targets.all());
    } catch (IOException e) {
      throw new StartException(e.getMessage(), e);
    }
  }
}
