package io.github.httplongcut.client;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.process.RoleRuntime;
import io.github.httplongcut.session.Plan;

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

  private static AutoCloseable start(ClientAgentConfig config, String settings) {
    RoleRuntime runtime =
        RoleRuntime.create(
            Role.CLIENT_AGENT,
            config,
            settings,
            firstId -> (id, generation) -> Plan.clientAgent(firstId, generation));
    return runtime.start(
        new ClientAgent(
            config, runtime.id(), runtime.loop(), runtime.session(), runtime.registry()));
  }
}
